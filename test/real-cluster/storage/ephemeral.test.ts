import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { joinCluster } from '../harness/cluster.ts';
import { goodSpec, pod } from '../support/pods.ts';
import { apply, configFor, must, type Protection, protect, until } from '../support/protected.ts';
import { claim, PLAIN, storageClass } from './objects.ts';
import { storageOn } from './storage.ts';

const cluster = joinCluster(inject('cluster'));
const { kubectl } = cluster;
const { create, remove, untilField } = storageOn(cluster);
const namespace = 'storage-ephemeral';
const CLASS = 'storage-ephemeral-encrypted';
const PLAIN_CLASS = 'storage-ephemeral-plain';
const PATH = 'spec.volumes[0].ephemeral.volumeClaimTemplate.spec.storageClassName';
let protection: Protection;

/** A pod with a volume that lives as long as it does; its claim is made by a controller. */
function withScratch(name: string, storageClassName: string): object {
  const { spec } = claim(namespace, name, { storageClassName }) as { readonly spec: object };
  return pod(namespace, name, {
    ...goodSpec(),
    volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec } } }],
  });
}

beforeAll(async () => {
  for (const [name, parameters] of [
    [CLASS, { encrypted: 'true' }],
    [PLAIN_CLASS, PLAIN],
  ] as const) {
    await apply(cluster, storageClass(name, parameters, { volumeBindingMode: 'WaitForFirstConsumer' }));
  }
  protection = await protect(cluster, namespace);
});

afterAll(async () => {
  await kubectl(['-n', namespace, 'delete', 'pods', '--all', '--force', '--grace-period=0']);
  await protection?.remove();
  await remove(`storageclass ${CLASS}`, `storageclass ${PLAIN_CLASS}`);
});

test('a volume of a class that encrypts is made with the pod', async () => {
  await must(create(withScratch('good', CLASS)));
  await until('its claim', async () => (await kubectl(['-n', namespace, 'get', 'pvc', 'good-scratch'])).code === 0);
  await untilField(`pvc good-scratch -n ${namespace}`, '{.spec.storageClassName}', CLASS);
});

test('of another, the pod is refused before there is any claim', async () => {
  const { code, stderr } = await create(withScratch('early', PLAIN_CLASS));
  expect(code).toBe(1);
  expect(stderr).toContain(
    `spec.volumes[0] "scratch" .ephemeral.volumeClaimTemplate.spec.storageClassName is ${PLAIN_CLASS}`,
  );
});

test('where the pod is let in, the claim is refused to the controller', async () => {
  const exemption = {
    ...{ rule: 'encrypted-class', namespace, path: PATH, value: PLAIN_CLASS },
    ...{ reason: 'the pod only', responsible: 'storage team', expires: new Date(Date.now() + 3_600_000).toISOString() },
  };
  await protection.restart({ ...configFor(namespace), exemptions: [exemption] });
  await must(create(withScratch('late', PLAIN_CLASS)));
  await until('the controller to say that it could not make the claim', async () => {
    const events = await must(kubectl(['-n', namespace, 'get', 'events', '-o', 'jsonpath={.items[*].message}']));
    return events.includes('late-scratch') && events.includes(`is ${PLAIN_CLASS}, which does not encrypt`);
  });
  expect((await kubectl(['-n', namespace, 'get', 'pvc', 'late-scratch'])).code).toBe(1);
});
