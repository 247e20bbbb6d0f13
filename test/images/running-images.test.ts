import { describe, expect, it } from 'vitest';
import type { ImageEvidence } from '../../src/images/evidence.ts';
import { isPartOf, runningDigest, runningImages } from '../../src/images/running-images.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;

describe('the images that a pod runs', () => {
  const spec = {
    containers: [{ name: 'db', image: 'docker.io/qdrant/qdrant:v1' }, { name: 'sidecar' }],
    initContainers: [{ name: 'init', image: 'docker.io/qdrant/init:v1' }],
    ephemeralContainers: [{ name: 'debug', image: 'docker.io/qdrant/debug:v1' }],
  };
  const podWith = (status: object): KubernetesObject =>
    ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'db' }, spec, status }) as KubernetesObject;

  it('are those of every kind of container, by the name of each', () => {
    const running = runningImages(
      podWith({
        initContainerStatuses: [{ name: 'init', imageID: 'one' }],
        containerStatuses: [
          { name: 'sidecar', imageID: 'two' },
          { name: 'db', imageID: 'three' },
        ],
        ephemeralContainerStatuses: [{ name: 'debug', imageID: 'four' }],
      }),
    );
    expect(running.map(({ field, image, imageId }) => [field, image, imageId])).toEqual([
      ['status.initContainerStatuses[0].imageID', 'docker.io/qdrant/init:v1', 'one'],
      ['status.containerStatuses[1].imageID', 'docker.io/qdrant/qdrant:v1', 'three'],
      ['status.ephemeralContainerStatuses[0].imageID', 'docker.io/qdrant/debug:v1', 'four'],
    ]);
  });

  it.each([
    [{}],
    [{ containerStatuses: [{ name: 'db', imageID: '' }] }],
    [{ containerStatuses: [{ name: 'gone', imageID: 'x' }] }],
    [{ containerStatuses: 'none' }],
  ])('are none where %j', (status) => {
    expect(runningImages(podWith(status))).toEqual([]);
  });

  it('are none of what makes pods', () => {
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { template: { spec } } };
    const status = { containerStatuses: [{ name: 'db', imageID: 'x' }] };
    expect(runningImages({ ...deployment, status } as KubernetesObject)).toEqual([]);
  });
});

it.each([
  [`docker.io/qdrant/qdrant@${DIGEST}`, DIGEST],
  [`docker-pullable://qdrant/qdrant@${DIGEST}`, DIGEST],
  [DIGEST, undefined],
  [`docker://${DIGEST}`, undefined],
  [`docker.io/qdrant/qdrant@${DIGEST}0`, undefined],
  ['', undefined],
])('of %j the digest is %j', (imageId, digest) => {
  expect(runningDigest(imageId)).toBe(digest);
});

it('is part of an index, or the image itself', () => {
  const evidence = {
    digest: DIGEST,
    platforms: [{ digest: OTHER, os: 'linux', architecture: 'amd64' }],
  } as unknown as ImageEvidence;
  expect([DIGEST, OTHER, `sha256:${'c'.repeat(64)}`].map((digest) => isPartOf(digest, evidence))).toEqual([
    true,
    true,
    false,
  ]);
});
