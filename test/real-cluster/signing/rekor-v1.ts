import { createHash, sign } from 'node:crypto';
import { type Keys, keyId } from './authorities.ts';

/** The origin that its checkpoints name. */
const NAME = 'rekor1.local';
const TREE = '1193050959916656506';

interface Proposed {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What a log answers to a new entry. */
export interface LoggedEntry {
  readonly uuid: string;
  readonly body: object;
}

function sha256(...parts: readonly (Buffer | string)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** JSON with sorted keys, as RFC 8785 writes what appears here. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** RFC 6962, 2.1: the largest power of two that is smaller. */
function split(size: number): number {
  return 2 ** Math.ceil(Math.log2(size) - 1);
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  const at = split(leaves.length);
  return sha256(Buffer.from([1]), rootOf(leaves.slice(0, at)), rootOf(leaves.slice(at)));
}

function auditPath(leaves: readonly Buffer[], index: number): readonly Buffer[] {
  if (leaves.length === 1) return [];
  const at = split(leaves.length);
  const [left, right] = [leaves.slice(0, at), leaves.slice(at)];
  return index < at ? [...auditPath(left, index), rootOf(right)] : [...auditPath(right, index - at), rootOf(left)];
}

/** What the log keeps of an entry: of envelopes only the hashes. */
function canonicalBody({ kind, apiVersion, spec }: Proposed): Buffer {
  if (kind === 'hashedrekord') return Buffer.from(canonical({ apiVersion, kind, spec }));
  if (kind !== 'dsse') throw new Error(`rekor v1: entries of kind ${kind} are not known here`);
  const { envelope, verifiers } = spec['proposedContent'] as {
    readonly envelope: string;
    readonly verifiers: readonly string[];
  };
  const { payload, signatures } = JSON.parse(envelope) as {
    readonly payload: string;
    readonly signatures: readonly { readonly sig: string }[];
  };
  const hash = (bytes: Buffer | string) => ({ algorithm: 'sha256', value: sha256(bytes).toString('hex') });
  const kept = {
    envelopeHash: hash(envelope),
    payloadHash: hash(Buffer.from(payload, 'base64')),
    signatures: signatures.map(({ sig }, index) => ({ signature: sig, verifier: verifiers[index] })),
  };
  return Buffer.from(canonical({ apiVersion, kind, spec: kept }));
}

/**
 * A transparency log that answers like Rekor v1: promise, inclusion proof and checkpoint are real. The program itself needs Trillian and
 * MySQL. It does not check what it is given.
 */
export function createRekorV1(keys: Keys): (entry: Buffer) => LoggedEntry {
  const leaves: Buffer[] = [];
  const logId = keyId(keys.publicKey);
  const signed = (text: string): Buffer => sign('sha256', Buffer.from(text), keys.privateKey);

  const checkpoint = (root: Buffer): string => {
    const note = `${NAME} - ${TREE}\n${leaves.length}\n${root.toString('base64')}\n`;
    const signature = Buffer.concat([logId.subarray(0, 4), signed(note)]).toString('base64');
    return `${note}\n\u2014 ${NAME} ${signature}\n`;
  };

  return (entry) => {
    const body = canonicalBody(JSON.parse(entry.toString()) as Proposed);
    const leaf = sha256(Buffer.from([0]), body);
    const logIndex = leaves.push(leaf) - 1;
    const root = rootOf(leaves);
    const promised = {
      body: body.toString('base64'),
      integratedTime: Math.floor(Date.now() / 1000),
      logID: logId.toString('hex'),
      logIndex,
    };
    const uuid = leaf.toString('hex');
    const verification = {
      signedEntryTimestamp: signed(canonical(promised)).toString('base64'),
      inclusionProof: {
        checkpoint: checkpoint(root),
        hashes: auditPath(leaves, logIndex).map((hash) => hash.toString('hex')),
        logIndex,
        rootHash: root.toString('hex'),
        treeSize: leaves.length,
      },
    };
    return { uuid, body: { [uuid]: { ...promised, verification } } };
  };
}
