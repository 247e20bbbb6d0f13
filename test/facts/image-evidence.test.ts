import { describe, expect, it } from 'vitest';
import type { Known } from '../../src/engine/fact.ts';
import type { Subject } from '../../src/engine/subject.ts';
import type { ImageFact } from '../../src/facts/image-evidence.ts';
import { factNamed } from '../../src/facts/index.ts';
import type { ImageSource } from '../../src/facts/ports.ts';
import type { Authority } from '../../src/images/authorities.ts';
import type { ImageAnswer } from '../../src/images/evidence.ts';
import type { ImageReference } from '../../src/k8s/core/image-reference.ts';
import { subjectOf } from '../support/learn-fact.ts';
import { pod } from '../support/pods.ts';
import { policyWithAllRules } from '../support/policies.ts';
import { NO_WORLD } from '../support/worlds.ts';

const DIGEST = `sha256:${'9'.repeat(64)}`;
const OTHER = `sha256:${'8'.repeat(64)}`;
const QDRANT = `docker.io/qdrant/qdrant@${DIGEST}`;
const TOOLS = `docker.io/qdrant/tools@${OTHER}`;
const TIMED_OUT: ImageAnswer = { state: 'unreachable', reason: 'docker.io timed out' };

interface Asked {
  readonly of: ImageReference;
  readonly by: readonly string[];
}

/** A source that says the same of every image, and remembers what it was asked. */
function sourceOf(answer: (of: ImageReference, signal: AbortSignal) => Promise<ImageAnswer>) {
  const asked: Asked[] = [];
  const source: ImageSource = {
    evidence(of: ImageReference, authorities: readonly Authority[], signal: AbortSignal) {
      asked.push({ of, by: authorities.map(({ name }) => name) });
      return answer(of, signal);
    },
  };
  return { source, asked };
}

async function learn(
  subject: Subject,
  images: ImageSource | undefined,
  { common = { images: { verify: true } }, namespace = {}, signal = new AbortController().signal } = {},
): Promise<Known<ReadonlyMap<string, ImageFact>>> {
  const { settings } = policyWithAllRules(namespace, [], common);
  const ports = { ...NO_WORLD, ...(images && { images }) };
  const learnt = await factNamed('imageEvidence').learn({ subject, settings, ports, signal });
  return learnt as Known<ReadonlyMap<string, ImageFact>>;
}

function podWith(spec: object): Subject {
  return subjectOf(pod({ containers: [], ...spec }));
}

function statesIn(learnt: Known<ReadonlyMap<string, ImageFact>>): Record<string, string> {
  if (!learnt.known) throw new Error(learnt.reason);
  return Object.fromEntries([...learnt.value].map(([image, { state }]) => [image, state]));
}

describe('what registries tell of the images of a pod', () => {
  it('is asked for each image of every list and of volumes, with the authorities of its policies, and once each', async () => {
    const { source, asked } = sourceOf(async () => TIMED_OUT);
    const subject = podWith({
      containers: [
        { name: 'a', image: QDRANT },
        { name: 'b', image: `docker.io/qdrant/qdrant:v1@${DIGEST}` },
      ],
      initContainers: [{ name: 'c', image: 'qdrant/qdrant:v1' }],
      ephemeralContainers: [{ name: 'd', image: TOOLS }],
      volumes: [{ name: 'v', image: { reference: 'docker.io/qdrant/models:3' } }],
    });
    expect(Object.keys(statesIn(await learn(subject, source)))).toHaveLength(5);
    expect(asked.map(({ of }) => `${of.repository}${of.digest ? '@' : `:${of.tag}`}`).sort()).toEqual([
      'qdrant/models:3',
      'qdrant/qdrant:v1',
      'qdrant/qdrant@',
      'qdrant/tools@',
    ]);
    expect(asked.map(({ by }) => by)).toEqual(asked.map(() => ['qdrant']));
  });

  it('is not asked for images that no policy holds for, nor for what is no reference', async () => {
    const { source, asked } = sourceOf(async () => TIMED_OUT);
    const subject = podWith({
      containers: [
        { name: 'a', image: 'docker.io/qdrantevil/qdrant:v1' },
        { name: 'b', image: 'Docker.IO/x y' },
        { name: 'c' },
      ],
    });
    expect(statesIn(await learn(subject, source))).toEqual({});
    expect(asked).toEqual([]);
    expect(statesIn(await learn(subject, undefined))).toEqual({});
  });

  it('is never asked of a registry that the rule image-registry does not allow', async () => {
    const { source, asked } = sourceOf(async () => TIMED_OUT);
    const subject = podWith({ containers: [{ name: 'a', image: QDRANT }] });
    const namespace = { rules: { 'image-registry': { options: { allowed: ['registry.cloud.qdrant.io'] } } } };
    expect(statesIn(await learn(subject, source, { namespace }))).toEqual({ [QDRANT]: 'not-asked' });
    expect(asked).toEqual([]);
  });

  it('is unknown where there are only files', async () => {
    const learnt = await learn(podWith({ containers: [{ name: 'a', image: QDRANT }] }), undefined);
    expect(learnt).toEqual({ known: false, reason: 'only a registry tells, and none is asked here' });
  });

  it('is asked on an UPDATE for images that are new in their place', async () => {
    const { source, asked } = sourceOf(async () => TIMED_OUT);
    const old = pod({
      containers: [
        { name: 'a', image: QDRANT },
        { name: 'b', image: TOOLS },
      ],
    });
    const now = pod({
      containers: [
        { name: 'a', image: QDRANT },
        { name: 'b', image: QDRANT },
      ],
      ephemeralContainers: [{ name: 'd', image: 'qdrant/debug:v1' }],
    });
    await learn(subjectOf(now, { operation: 'UPDATE', oldObject: old }), source);
    // What stood in another place before was judged for that one.
    expect(asked.map(({ of }) => of.repository).sort()).toEqual(['qdrant/debug', 'qdrant/qdrant']);
  });

  it('that comes too late is unreachable, and leaves what is known of the others', async () => {
    const controller = new AbortController();
    const { source } = sourceOf((of) =>
      of.repository === 'qdrant/qdrant'
        ? new Promise(() => {})
        : Promise.resolve({ state: 'absent', reason: 'there is none' }),
    );
    const subject = podWith({
      containers: [
        { name: 'a', image: QDRANT },
        { name: 'b', image: TOOLS },
      ],
    });
    setImmediate(() => controller.abort());
    const learnt = await learn(subject, source, { signal: controller.signal });
    expect(statesIn(learnt)).toEqual({ [QDRANT]: 'unreachable', [TOOLS]: 'absent' });
  });

  it('is asked of nobody once there is no time', async () => {
    const { source, asked } = sourceOf(async () => TIMED_OUT);
    const subject = podWith({ containers: [{ name: 'a', image: QDRANT }] });
    expect(statesIn(await learn(subject, source, { signal: AbortSignal.abort() }))).toEqual({
      [QDRANT]: 'unreachable',
    });
    expect(asked).toEqual([]);
  });

  it('is unreachable where asking fails', async () => {
    const { source } = sourceOf(() => Promise.reject(new Error('a bug')));
    const subject = podWith({ containers: [{ name: 'a', image: QDRANT }] });
    const learnt = await learn(subject, source);
    expect(learnt.known && learnt.value.get(QDRANT)).toEqual({ state: 'unreachable', reason: 'a bug' });
  });
});
