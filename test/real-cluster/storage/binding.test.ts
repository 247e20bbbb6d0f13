import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { joinCluster } from '../harness/cluster.ts';
import { apply, configFor, ensureNamespace, must, type Protection, protect } from '../support/protected.ts';
import { attested, claim, DRIVER, PLAIN, storageClass, volume } from './objects.ts';
import { storageOn, untilDenied } from './storage.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl } = cluster;
const { create, field, patch, remove, untilBound, untilField } = storageOn(cluster);
const namespace = 'storage-binding';
/** Where only the claim is looked at, not the volume that is meant for it. */
const lenient = 'storage-binding-lenient';
const elsewhere = 'storage-binding-elsewhere';
const CLASS = 'storage-binding-encrypted';
/** Only a label of volumes: nothing makes any for it. */
const PLAIN_CLASS = 'storage-binding-plain';
/** Of a driver that reads annotations of claims; nothing makes any volumes for it. */
const PORTWORX_CLASS = 'storage-binding-portworx';
const LEGACY = 'volume.beta.kubernetes.io/storage-class';
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
const VOLUMES = ['label', 'pre-bound', 'plain', 'moved', 'named', 'forged', 'attested', 'far', 'free', 'far-away'].map(
  (name) => `pv storage-binding-${name}`,
);
const handle = { csi: { driver: DRIVER, volumeHandle: 'vol-attested' } };
const config = {
  ...configFor(namespace),
  storage: { attestations: [attested({ volume: { driver: DRIVER, handle: handle.csi.volumeHandle } })] },
};
let protection: Protection;
let claimsOnly: Protection;

/** A directory of a node with the class as its label. */
function labelled(name: string, spec: object = {}, annotations: object = {}): object {
  return volume(`storage-binding-${name}`, { storageClassName: CLASS, ...spec }, annotations);
}

function meantFor(name: string, space = namespace): object {
  return { claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: space, name } };
}

beforeAll(async () => {
  await ensureNamespace(cluster, elsewhere);
  await apply(cluster, storageClass(CLASS));
  await apply(cluster, storageClass(PLAIN_CLASS, PLAIN));
  await apply(cluster, storageClass(PORTWORX_CLASS, { secure: 'true' }, { provisioner: 'pxd.portworx.com' }));
  await ensureNamespace(cluster, namespace);
  // From before the namespace was protected: the volume that it names is not there yet.
  await must(create(claim(namespace, 'later', { storageClassName: CLASS, volumeName: 'storage-binding-forged' })));
  const noVolumes = configFor(lenient, { rules: { 'volume-claim-ref': { mode: 'off' } } });
  [protection, claimsOnly] = await Promise.all([
    protect(cluster, namespace, config),
    protect(cluster, lenient, noVolumes),
  ]);
});

afterAll(async () => {
  await Promise.all([protection?.remove(), claimsOnly?.remove()]);
  await kubectl(['delete', 'namespace', elsewhere, '--wait=false']);
  await remove(...VOLUMES, `storageclass ${CLASS}`, `storageclass ${PLAIN_CLASS}`, `storageclass ${PORTWORX_CLASS}`);
});

describe('the older annotation of the class', () => {
  const both = (space: string) => claim(space, 'both', { storageClassName: CLASS }, { [LEGACY]: PLAIN_CLASS });

  test('wins over the field where nothing keeps it out', async () => {
    await must(create(labelled('plain', { storageClassName: PLAIN_CLASS })));
    await must(create(both(elsewhere)));
    await untilBound(`pvc both -n ${elsewhere}`);
    expect(await field(`pvc both -n ${elsewhere}`, '{.spec.volumeName}')).toBe('storage-binding-plain');
  });

  test('is refused', async () => {
    const { code, stderr } = await create(both(namespace));
    expect(code).toBe(1);
    expect(stderr).toContain(`metadata.annotations["${LEGACY}"] is ${PLAIN_CLASS}`);
  });

  test('does not come later either, past what the API server itself keeps as it is', async () => {
    await must(create(claim(namespace, 'later-legacy', { storageClassName: CLASS })));
    const body = { metadata: { annotations: { [LEGACY]: PLAIN_CLASS } } };
    const spec = await patch(`pvc later-legacy -n ${namespace}`, body);
    expect(spec.code).toBe(1);
    expect(spec.stderr).toContain('field is immutable');
    const status = await patch(`pvc later-legacy -n ${namespace}`, body, '--subresource=status');
    expect(status.code, status.stderr).toBe(1);
    expect(status.stderr).toContain(`metadata.annotations["${LEGACY}"] is ${PLAIN_CLASS}`);
  });
});

describe.each(['', 'status'])("a driver's annotation (subresource %j)", (subresource) => {
  const body = { metadata: { annotations: { 'px/secure': 'false' } } };

  test('is refused by UPDATE', async () => {
    const name = `annotated${subresource}`;
    await must(create(claim(namespace, name, { storageClassName: PORTWORX_CLASS })));
    const { code, stderr } = await patch(`pvc ${name} -n ${namespace}`, body, `--subresource=${subresource}`);
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('metadata.annotations["px/secure"] is false');
  });

  test('says nothing on a claim of another driver', async () => {
    const name = `other${subresource}`;
    await must(create(claim(namespace, name, { storageClassName: CLASS })));
    await must(patch(`pvc ${name} -n ${namespace}`, body, `--subresource=${subresource}`));
  });
});

describe('a directory of a node that carries the class as its label', () => {
  test('is not given to a claim of that class', async () => {
    await must(create(labelled('label')));
    await must(create(claim(namespace, 'waits', { storageClassName: CLASS })));
    await untilDenied(protection, 'storage-binding-label');
    expect(await field(`pvc waits -n ${namespace}`, '{.status.phase}{.spec.volumeName}')).toBe('Pending');
    expect(await field('pv storage-binding-label', '{.spec.claimRef.name}')).toBe('');
  });

  test('is not bound by the claim either, where its volume was let through', async () => {
    await must(create(labelled('pre-bound', meantFor('pre-bound', lenient))));
    await must(create(claim(lenient, 'pre-bound', { storageClassName: CLASS })));
    await untilDenied(claimsOnly, 'bound-volume');
    expect(await field(`pvc pre-bound -n ${lenient}`, '{.status.phase}{.spec.volumeName}')).toBe('Pending');
  });

  test('is refused where it is made for a claim of a protected namespace, or is given to one later', async () => {
    const made = await create(labelled('moved', meantFor('wanted')));
    expect(made.code).toBe(1);
    expect(made.stderr).toContain('PersistentVolume storage-binding-moved breaks');
    await must(create(labelled('moved', meantFor('wanted', elsewhere))));
    const moved = await patch('pv storage-binding-moved', { spec: meantFor('wanted') });
    expect(moved.code).toBe(1);
    expect(moved.stderr).toContain('spec.csi.driver is not set');
  });

  test('is refused to a claim that names it', async () => {
    await must(create(labelled('named')));
    for (const storageClassName of [CLASS, '']) {
      const named = await create(claim(namespace, 'named', { storageClassName, volumeName: 'storage-binding-named' }));
      expect(named.code).toBe(1);
      expect(named.stderr).toContain('spec.volumeName is storage-binding-named, which is not shown to be encrypted');
    }
  });
});

describe('an annotation that says that the binding is done', () => {
  const forged = (space: string, name: string) =>
    claim(space, 'forged', { storageClassName: CLASS, volumeName: name }, { [BIND_COMPLETED]: 'yes' });

  test('binds without any look at class and size where nothing keeps it out', async () => {
    await must(create(volume('storage-binding-far', { storageClassName: PLAIN_CLASS, capacity: { storage: '1Mi' } })));
    await must(create(forged(elsewhere, 'storage-binding-far')));
    await untilBound(`pvc forged -n ${elsewhere}`);
  });

  test('is refused, on CREATE and on UPDATE', async () => {
    await must(create(labelled('forged')));
    const made = await create(forged(namespace, 'storage-binding-forged'));
    expect(made.code).toBe(1);
    expect(made.stderr).toContain(`metadata.annotations["${BIND_COMPLETED}"]`);
    const body = { metadata: { annotations: { [BIND_COMPLETED]: 'yes' } } };
    for (const subresource of ['', 'status']) {
      const later = await patch(`pvc later -n ${namespace}`, body, `--subresource=${subresource}`);
      expect(later.code, later.stderr).toBe(1);
      expect(later.stderr).toContain('spec.volumeName is storage-binding-forged, which is not shown to be encrypted');
    }
    expect(await field(`pvc later -n ${namespace}`, '{.status.phase}')).toBe('Pending');
  });
});

test('a volume without a class whose handle is attested is bound', async () => {
  await must(create(volume('storage-binding-attested', handle)));
  await must(create(claim(namespace, 'attested', { storageClassName: '', volumeName: 'storage-binding-attested' })));
  await untilBound(`pvc attested -n ${namespace}`);
  await untilField('pv storage-binding-attested', '{.status.phase}', 'Bound');
});

test('with the webhook down, volumes that point elsewhere or nowhere come and go', async () => {
  await protection.stopWebhook();
  await must(create(labelled('free')));
  await must(create(labelled('far-away', meantFor('wanted', elsewhere))));
  await must(patch('pv storage-binding-far-away', { metadata: { labels: { team: 'search' } } }));
  await must(patch('pv storage-binding-attested', { metadata: { labels: { team: 'search' } } }));
  await must(kubectl(['delete', 'pv', 'storage-binding-free', 'storage-binding-far-away', '--wait=false']));
  const { code, stderr } = await patch('pv storage-binding-moved', { spec: meantFor('wanted') });
  expect(code).toBe(1);
  expect(stderr).toContain('failed calling webhook "volumes.admission.qdrant.io"');
});
