import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { defaultPolicy } from '../../src/config/resolve.ts';
import type { Subject } from '../../src/engine/subject.ts';
import type { Ports } from '../../src/facts/ports.ts';
import { concernsAll } from '../../src/k8s/kinds.ts';
import type { KubernetesObject } from '../../src/k8s/object.ts';
import { fixtureOf, isFixtureHeader } from '../../src/manifests/fixture.ts';
import { type Manifest, readManifests } from '../../src/manifests/objects.ts';
import { subjectOfManifest } from '../../src/manifests/subject.ts';
import { createManifestWorld } from '../../src/manifests/world.ts';
import type { Policy } from '../../src/rules/define.ts';

export const FIXTURES = resolve(import.meta.dirname, '../rules');
/** The namespace that every fixture plays in. */
export const NAMESPACE = 'qdrant';
/** The moment that a fixture plays at where it names none. */
const NOW = new Date('2026-11-01T00:00:00Z');
const PREFIXES = ['allow', 'deny', 'unknown'] as const;

/** A file below `test/rules/`, by what its path says of it. */
export interface FixtureFile {
  /** From the root of the fixtures. */
  readonly path: string;
  readonly promise: string;
  readonly rule: string;
  readonly prefix: (typeof PREFIXES)[number];
}

/** What a fixture holds, ready to be judged. */
export interface Fixture {
  readonly subject: Subject;
  readonly policy: Policy;
  readonly ports: Ports;
  /** The objects that it is made of. */
  readonly documents: readonly KubernetesObject[];
  /** The configuration that it brings, as it is written there. */
  readonly config?: object;
  /** Why no API server can be asked, where that is so. */
  readonly replay?: string;
}

/** Every fixture, sorted by path. */
export function fixtureFiles(): FixtureFile[] {
  return readdirSync(FIXTURES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map(({ parentPath, name }) => {
      const prefix = PREFIXES.find((known) => name.startsWith(`${known}-`));
      if (!prefix) throw new Error(`${name}: expected a name that begins with ${PREFIXES.join('-, ')}-`);
      const path = relative(FIXTURES, join(parentPath, name));
      return { path, promise: dirname(dirname(path)), rule: basename(parentPath), prefix };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Reads a fixture as `review --fixtures` does. */
export function readFixture({ path }: FixtureFile): Fixture {
  const read = readManifests(readFileSync(join(FIXTURES, path), 'utf8'), path);
  const fixture = fixtureOf(read, path);
  if (!fixture.ok) throw new Error(JSON.stringify(fixture.error));
  const { subject: manifest, world, now = NOW, config, unknown, images, replay } = fixture.value;
  const placed = subjectOfManifest(manifest, now);
  if (!placed.ok) throw new Error(`${path}: ${placed.error.message}`);
  const policy = config ? config.namespaces.get(NAMESPACE) : defaultPolicy('private');
  if (!policy) throw new Error(`${path}: the configuration does not protect the namespace ${NAMESPACE}`);
  const written = writtenConfig(read.manifests);
  const { subject } = placed.value;
  return {
    subject: concernsAll(subject.object) ? { ...subject, namespace: NAMESPACE } : subject,
    policy,
    documents: world.map(({ object }) => object),
    ports: {
      cluster: createManifestWorld(world, { complete: true }),
      ...(images && { images }),
      unlearnable: unknown,
    },
    ...(written && { config: written }),
    ...(replay !== undefined && { replay }),
  };
}

function writtenConfig([first]: readonly Manifest[]): object | undefined {
  const config = first && isFixtureHeader(first) ? first.object['config'] : undefined;
  return typeof config === 'object' && config !== null ? config : undefined;
}
