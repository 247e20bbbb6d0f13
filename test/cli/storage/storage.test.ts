import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { classesOutputSchema } from '../../../src/cli/storage/classes/json.ts';
import { PROGRAM, runProgram, type Surroundings } from '../../support/command-line.ts';
import { files } from '../../support/review-run.ts';
import { type ScriptedApi, sendJson, sendStatus, startScriptedApi } from '../../support/scripted-api.ts';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const GP3 = { name: 'gp3', provisioner: 'ebs.csi.aws.com', parameters: { type: 'gp3' } };
const SAFE = { name: 'safe', provisioner: 'ebs.csi.aws.com', parameters: { encrypted: 'true', kmsKeyId: ARN } };
const LOCAL = { name: 'local', provisioner: 'rancher.io/local-path' };

interface Written {
  readonly name: string;
  readonly provisioner: string;
  readonly parameters?: object;
  readonly annotations?: object;
}

function classObject({ name, annotations, ...rest }: Written): object {
  return { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name, annotations }, ...rest };
}

const manifest = (...classes: readonly Written[]) =>
  classes.map((each) => JSON.stringify(classObject(each))).join('\n');

const storage = (args: readonly string[], around?: Surroundings) => runProgram(['storage', ...args], around);

async function classesJson(args: readonly string[], around?: Surroundings) {
  const ran = await storage(['classes', '--format', 'json', ...args], around);
  return { ...ran, json: classesOutputSchema.parse(JSON.parse(ran.stdout)) };
}

const STATE = ['--mechanism', 'node-luks', '--responsible', 'storage@example.com', '--expires', '2027-06-30T00:00:00Z'];

describe('storage classes', () => {
  it('is a table of what is encrypted, with whose key, and why', async () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    const { code, stdout, stderr } = await storage(['classes', '-'], {
      stdin: manifest(SAFE, { ...GP3, annotations }, LOCAL),
    });
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toBe(`CLASS          PROVISIONER            ENCRYPTED  KEY       WHY
gp3 (default)  ebs.csi.aws.com        no         -         parameters.encrypted is not set: set it to "true"
local          rancher.io/local-path  no         -         provisioner is rancher.io/local-path: no class of it shows whether it encrypts: use another, or state it in the configuration: qdrant-admission storage attest local
safe           ebs.csi.aws.com        yes        customer  by its parameters: EBS encryption with AWS KMS
                                                           key ${ARN}
3 classes: 1 encrypted, 2 not
`);
  });

  it.each([
    ['nothing is refused', manifest(SAFE), 0],
    ['something is', manifest(SAFE, GP3), 1],
    ['input is bad, whatever else there is', `${manifest(GP3)}\n{"kind":"StorageClass"}`, 3],
    ['there is no class', 'apiVersion: v1\nkind: Service\n', 3],
  ])('where %s ends so', async (_, stdin, code) => {
    expect((await storage(['classes', '-'], { stdin })).code).toBe(code);
  });

  it('prints data that its schema describes, with the place of each class', async () => {
    const root = await files({ 'a.yaml': `${manifest(GP3)}\n${manifest(SAFE)}` });
    const { code, json } = await classesJson([root]);
    expect(code).toBe(1);
    expect(json.program).toEqual({ name: 'qdrant-admission', version: PROGRAM.version });
    expect(json.summary).toEqual({ classes: 2, encrypted: 1, refused: 1, errors: 0, exitCode: 1 });
    expect(json.classes[0]).toMatchObject({ name: 'gp3', encrypted: false, file: join(root, 'a.yaml'), line: 1 });
    expect(json.classes[0]?.problems).toEqual([
      {
        path: 'parameters.encrypted',
        message: 'parameters.encrypted is not set: set it to "true"',
        required: 'set it to "true"',
      },
    ]);
    expect(json.classes[1]).toMatchObject({ name: 'safe', by: 'parameters', customerKey: ARN, line: 2, problems: [] });
  });

  it('puts colours on a terminal only, and lets no name write there', async () => {
    const stdin = manifest({ ...GP3, name: 'x\u001b[31m' });
    expect((await storage(['classes', '-'], { stdin, terminal: true })).stdout).toContain('\u001b[31mx\\u{1b}[31m');
    expect((await storage(['classes', '-'], { stdin })).stdout).not.toContain('\u001b');
  });

  it('refuses a class whose fields have other types than the API gives them, with the place', async () => {
    const root = await files({
      'a.yaml': `${manifest({ ...SAFE, parameters: { encrypted: true } })}\n${manifest(SAFE)}`,
    });
    const { code, stdout, stderr } = await storage(['classes', root]);
    expect(code).toBe(3);
    expect(stderr.replace(root, '')).toMatch(
      /^\/a\.yaml:1:\d+: parameters\["?encrypted"?\] is a boolean: expected a string\n$/,
    );
    expect(stdout).toContain('1 class: 1 encrypted');
  });

  it.each([
    [['--format', 'xml', 'f'], '--format is "xml": expected text'],
    [['--color', 'blue', 'f'], '--color is "blue": expected auto, always or never'],
    [['--nope'], '--nope is not a flag'],
    [['-n', 'a', 'f'], '--namespace needs --config FILE'],
    [['--kubeconfig', 'k', 'f'], 'expected files or a cluster, not both'],
  ])('%j is a misuse', async (args, message) => {
    const { code, stdout, stderr } = await storage(['classes', ...args]);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(`qdrant-admission storage classes: ${message}`);
  });

  it('says that it was told to stop', async () => {
    const { code, stderr } = await storage(['classes', '-'], { signal: AbortSignal.abort(), stdin: manifest(SAFE) });
    expect(code).toBe(2);
    expect(stderr).toContain('interrupted');
  });
});

describe('storage attest', () => {
  it('prints an entry that makes the class count, and says what it states', async () => {
    const root = await files({ 'classes.yaml': manifest(LOCAL, GP3) });
    const { code, stdout, stderr } = await storage(['attest', 'local', ...STATE, root]);
    expect(code).toBe(0);
    expect(parse(stdout)).toEqual([
      {
        storageClass: 'local',
        provisioner: 'rancher.io/local-path',
        // printf '{}' | sha256sum
        parametersSha256: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        mechanism: 'node-luks',
        reason: 'The class itself does not show how its volumes are encrypted.',
        responsible: 'storage@example.com',
        expires: '2027-06-30T00:00:00Z',
      },
    ]);
    expect(stderr).toContain(
      'storage@example.com states:\n  Every volume that rancher.io/local-path makes for class local',
    );
    const entry = (parse(stdout) as object[])[0];
    const namespaces = [{ names: ['vectors'], profile: 'private' }];
    await writeFile(
      join(root, 'config.json'),
      JSON.stringify({ version: 1, namespaces, storage: { attestations: [entry] } }),
    );
    const args = ['--config', join(root, 'config.json'), join(root, 'classes.yaml')];
    const { json } = await classesJson(args);
    expect(json.classes[1]).toMatchObject({ name: 'local', by: 'attestation', mechanism: 'node-luks', problems: [] });
    expect(json.classes[1]?.attestation?.expires).toBe('2027-06-30T00:00:00.000Z');
    expect((await storage(['classes', ...args])).stdout).toContain(
      'attested: node-luks; stated by storage@example.com until 2027-06-30T00:00:00Z',
    );
  });

  it('states the annotations that the driver reads, and no others', async () => {
    const annotations = { 'cas.openebs.io/config': 'hostpath', 'example.com/owner': 'ada' };
    const openebs = { name: 'openebs', provisioner: 'openebs.io/local', annotations };
    const entryOf = async (written: Written) => {
      const { stdout } = await storage(['attest', written.name, ...STATE, '-'], { stdin: manifest(written) });
      return (parse(stdout) as object[])[0];
    };
    // printf '{"cas.openebs.io/config":"hostpath"}' | sha256sum
    const annotationsSha256 = '38acbdcab871a056e606a1bbeac499d950b3f999070d8b2054c0acba9654ce5f';
    expect(await entryOf(openebs)).toMatchObject({ annotationsSha256 });
    expect(await entryOf({ ...openebs, annotations: { 'example.com/owner': 'ada' } })).not.toHaveProperty(
      'annotationsSha256',
    );
  });

  it('judges by what a namespace asks of keys', async () => {
    const other = ARN.replace('1234abcd', 'ffffffff');
    const config = (key: string) => ({
      version: 1,
      namespaces: [
        { names: ['vectors'], profile: 'private', storage: { requireCustomerKey: true, customerKeys: [key] } },
      ],
    });
    const root = await files({
      'classes.yaml': manifest(SAFE),
      'own.json': JSON.stringify(config(ARN)),
      'other.json': JSON.stringify(config(other)),
    });
    const run = (file: string, namespace = 'vectors') =>
      storage(['classes', '--config', join(root, file), '-n', namespace, join(root, 'classes.yaml')]);
    expect((await run('own.json')).code).toBe(0);
    const refused = await run('other.json');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain(`parameters.kmsKeyId is ${ARN}: use one of the customerKeys of this namespace`);
    const unknown = await run('own.json', 'absent');
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toContain('--namespace is "absent": --config does not name it');
  });

  it('needs not, and says so, where the class shows it itself', async () => {
    const { code, stdout, stderr } = await storage(['attest', 'safe', ...STATE, '-'], { stdin: manifest(SAFE) });
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('safe needs no statement: its parameters show that its volumes are encrypted');
  });

  it('states the key of a class that encrypts and does not show whose key it is', async () => {
    const stdin = manifest({ name: 'px', provisioner: 'pxd.portworx.com', parameters: { secure: 'true' } });
    const { code, stdout } = await storage(['attest', 'px', ...STATE, '--key-id', 'other:vault/qdrant', '-'], {
      stdin,
    });
    expect(code).toBe(0);
    expect(parse(stdout)).toMatchObject([{ storageClass: 'px', keyId: 'other:vault/qdrant' }]);
  });

  it('cannot help a class of which nobody knows what the driver reads', async () => {
    const stdin = manifest({ ...GP3, parameters: { encrypted: 'true', Encrypted: 'false' } });
    const { code, stdout, stderr } = await storage(['attest', 'gp3', ...STATE, '-'], { stdin });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('no statement can help gp3: parameters.Encrypted stands there as encrypted too');
  });

  it.each([
    [['gp4', ...STATE, '-'], 'no StorageClass gp4: there is gp3'],
    [[...STATE], 'CLASS is missing: expected the name of a StorageClass'],
    [['gp3', '-'], '--mechanism is missing: expected TEXT that says how its volumes are encrypted'],
    [['gp3', '--mechanism', 'x', '-'], '--responsible is missing: expected TEXT that says who answers for it'],
    [['gp3', '--mechanism', 'x', '--responsible', 'y', '-'], '--expires is missing: expected TIME'],
    [['gp3', ...STATE, '--expires', 'tomorrow', '-'], '--expires is "tomorrow": expected a moment in RFC 3339'],
    [
      ['gp3', ...STATE, '--expires', '2026-10-31T00:00:00Z', '-'],
      '--expires is 2026-10-31T00:00:00Z: expected a moment to come',
    ],
    [['gp3', ...STATE, '--key-id', 'alias/x', '-'], '--key-id is "alias/x": an alias can be pointed at another key'],
    [['gp3', ...STATE, '--context', 'c', '-'], 'expected files or a cluster, not both'],
    [['gp3', ...STATE, '--nope', '-'], '--nope is not a flag'],
  ])('%j is a misuse', async (args, message) => {
    const { code, stdout, stderr } = await storage(['attest', ...args], { stdin: manifest(GP3) });
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(`qdrant-admission storage attest: ${message}`);
  });

  it('wants to know which of two classes of a name is meant', async () => {
    const { code, stderr } = await storage(['attest', 'gp3', ...STATE, '-'], { stdin: manifest(GP3, GP3) });
    expect(code).toBe(3);
    expect(stderr).toContain('gp3 stands there 2 times: expected once');
  });
});

describe('in a cluster', () => {
  let api: ScriptedApi;
  const PATH = '/apis/storage.k8s.io/v1/storageclasses';

  beforeAll(async () => {
    api = await startScriptedApi();
  });
  afterAll(() => api.close());

  const serve = (...classes: readonly Written[]) =>
    api.play(({ url }, response) => {
      if (url.pathname !== PATH) return sendStatus(response, 404, 'NotFound', 'no such path');
      const items = classes.map((each) => ({ ...classObject(each), apiVersion: undefined, kind: undefined }));
      sendJson(response, { metadata: { resourceVersion: '1' }, items });
    });

  it('the classes are those of the API server', async () => {
    serve(SAFE, GP3);
    const { code, json } = await classesJson(['--kubeconfig', api.kubeconfig]);
    expect(code).toBe(1);
    expect(json.cluster).toBe(api.server);
    expect(json.classes.map(({ name, encrypted }) => [name, encrypted])).toEqual([
      ['gp3', false],
      ['safe', true],
    ]);
    expect(json.classes.every(({ file }) => file === undefined)).toBe(true);
  });

  it('one without any has nothing that is refused', async () => {
    serve();
    expect(await storage(['classes', '--kubeconfig', api.kubeconfig])).toEqual({
      code: 0,
      stdout: '0 classes\n',
      stderr: '',
    });
  });

  it('a class is attested as it stands there', async () => {
    serve(LOCAL, GP3);
    const { code, stdout } = await storage(['attest', 'gp3', ...STATE, '--kubeconfig', api.kubeconfig]);
    expect(code).toBe(0);
    expect(parse(stdout)).toMatchObject([{ storageClass: 'gp3', provisioner: 'ebs.csi.aws.com' }]);
  });

  it('that cannot be read is no consent', async () => {
    api.play((_, response) => sendStatus(response, 403, 'Forbidden', 'not for\u001b[31m you'));
    const { code, stdout, stderr } = await storage(['classes', '--kubeconfig', api.kubeconfig]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('StorageClasses cannot be read: HTTP 403: not for\\u{1b}[31m you');
    const absent = await storage(['classes', '--kubeconfig', join(api.folder, 'absent')]);
    expect(absent.code).toBe(3);
    expect(absent.stderr).toContain('absent: cannot be read: ENOENT');
  });
});
