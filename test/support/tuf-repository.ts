import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/** The files of a TUF repository with one target, signed with a key of its own: https://theupdateframework.github.io/specification */
export function tufRepository(target: string, version = 1, keys = generateKeyPairSync('ed25519')): Map<string, string> {
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');
  const key = { keytype: 'ed25519', keyval: { public: publicKey }, scheme: 'ed25519' };
  const keyid = createHash('sha256').update(canonical(key)).digest('hex');
  const signed = (body: Record<string, unknown>, number = version) => {
    const expires = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '');
    const content = { ...body, expires, spec_version: '1.0.31', version: number };
    const sig = sign(null, Buffer.from(canonical(content)), keys.privateKey).toString('hex');
    return JSON.stringify({ signed: content, signatures: [{ keyid, sig }] });
  };
  const role = { keyids: [keyid], threshold: 1 };
  const roles = { root: role, timestamp: role, snapshot: role, targets: role };
  const root = signed({ _type: 'root', consistent_snapshot: false, keys: { [keyid]: key }, roles }, 1);
  const hashes = { sha256: createHash('sha256').update(target).digest('hex') };
  const targets = { 'trusted_root.json': { length: Buffer.byteLength(target), hashes } };
  return new Map([
    ['/1.root.json', root],
    ['/timestamp.json', signed({ _type: 'timestamp', meta: { 'snapshot.json': { version } } })],
    ['/snapshot.json', signed({ _type: 'snapshot', meta: { 'targets.json': { version } } })],
    ['/targets.json', signed({ _type: 'targets', targets })],
    ['/targets/trusted_root.json', target],
  ]);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, it]) => `${JSON.stringify(key)}:${canonical(it)}`).join(',')}}`;
}
