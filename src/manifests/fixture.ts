import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigError, parseConfig } from '../config/load.ts';
import type { Config } from '../config/resolve.ts';
import { FACT_NAMES, type FactName } from '../facts/index.ts';
import type { ImageSource } from '../facts/ports.ts';
import { isKind } from '../k8s/kinds.ts';
import type { JsonObject, KubernetesObject } from '../k8s/object.ts';
import { failure, type Result, success } from '../k8s/result.ts';
import { describeError, type InputError } from './documents.ts';
import { createImageWorld, imageWorldSchema } from './image-world.ts';
import { type Manifest, type Manifests, readManifests } from './objects.ts';

const KIND = 'Fixture';
const API_VERSION = 'fixture.qdrant-admission/v1';
const SUBJECT = 'expected Kind/name or a number from 0';

/** What the first document of a fixture says of the others. Everything but apiVersion and kind may be left out. */
const fixtureHeaderSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(KIND),
  /** What is judged: `Kind/name`, or its number among the other documents, from 0. The rest is the world around it. */
  subject: z.union([z.string().regex(/^\w+\/.+$/, SUBJECT), z.int().min(0)], SUBJECT).optional(),
  now: z.iso.datetime({ offset: true, error: 'expected a moment in RFC 3339' }).optional(),
  /** A configuration, as in the file of --config. */
  config: z.record(z.string(), z.json()).optional(),
  /** Facts that cannot be learnt, each with the reason. */
  unknown: z.partialRecord(z.enum(FACT_NAMES), z.string().min(1)).optional(),
  /** What registries and signatures tell of images, by their references; left out: nobody asks a registry. */
  images: imageWorldSchema.optional(),
  /** Why no API server can be asked: this fixture is only replayed at the webhook itself. */
  replay: z.string().min(1).optional(),
});

/**
 * Where a fixture brings no NetworkPolicy it plays in a namespace that denies whatever no policy opens: else every pod
 * would be refused for that.
 */
const DEFAULT_DENY: KubernetesObject & JsonObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'default-deny' },
  spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
};

/** A case: what is judged, and all that a judgement of it depends on. */
export interface Fixture {
  readonly subject: Manifest;
  readonly world: readonly Manifest[];
  /** The moment that it plays at. */
  readonly now?: Date;
  readonly config?: Config;
  readonly unknown: Readonly<Partial<Record<FactName, string>>>;
  /** What registries tell in it; undefined where nobody asks them. */
  readonly images?: ImageSource;
  readonly replay?: string;
}

/** Whether a manifest is the header of a fixture, of any version. */
export function isFixtureHeader({ object }: Manifest): boolean {
  return object.kind === KIND && object.apiVersion.startsWith('fixture.qdrant-admission/');
}

/**
 * Reads a fixture from a file. Without a header, the only object is the subject.
 * @throws Error that says where and what is wrong
 */
export async function readFixture(file: string): Promise<Fixture> {
  const fixture = fixtureOf(readManifests(await readFile(file, 'utf8'), file), file);
  if (!fixture.ok) throw new Error(fixture.error.map(describeError).join('\n'));
  return fixture.value;
}

/** The fixture that the documents of one file make. */
export function fixtureOf({ manifests, errors }: Manifests, file: string): Result<Fixture, readonly InputError[]> {
  if (errors.length > 0) return failure(errors);
  const [first] = manifests;
  const header = first && isFixtureHeader(first) ? first : undefined;
  const others = header ? manifests.slice(1) : manifests;
  const parsed = fixtureHeaderSchema.safeParse(header?.object ?? { apiVersion: API_VERSION, kind: KIND });
  if (header && !parsed.success) return failure(problemsOf(header, parsed.error));
  const { subject: wanted, now, config, unknown = {}, images, replay } = parsed.data ?? {};
  const subjects = others.filter((manifest, index) => wanted === undefined || isWanted(manifest, index, wanted));
  const [subject] = subjects;
  if (!subject || subjects.length > 1) {
    const what = wanted === undefined ? 'exactly one other document, or the field subject' : `one ${wanted}`;
    const { line, column } = header?.locate('subject') ?? { line: 1, column: 1 };
    return failure([{ file, line, column, message: `${subjects.length} documents fit: expected ${what}` }]);
  }
  const inline = header && config ? configOf(header, config) : undefined;
  if (inline && !inline.ok) return inline;
  return success({
    subject,
    world: surrounded(
      subject,
      others.filter((manifest) => manifest !== subject),
    ),
    ...(now !== undefined && { now: new Date(now) }),
    ...(inline && { config: inline.value }),
    unknown,
    ...(images && { images: createImageWorld(images) }),
    ...(replay !== undefined && { replay }),
  });
}

function surrounded(subject: Manifest, world: readonly Manifest[]): readonly Manifest[] {
  const isPolicy = ({ object }: Manifest) => isKind(object, 'NetworkPolicy.networking.k8s.io');
  const namespace = subject.object.metadata?.namespace;
  if (isPolicy(subject) || world.some(isPolicy) || !namespace) return world;
  const object = { ...DEFAULT_DENY, metadata: { name: 'default-deny', namespace } };
  return [...world, { ...subject, object }];
}

function isWanted({ object }: Manifest, index: number, wanted: string | number): boolean {
  return typeof wanted === 'number' ? index === wanted : `${object.kind}/${object.metadata?.name}` === wanted;
}

function configOf(header: Manifest, config: object): Result<Config, InputError[]> {
  const { line } = header.locate('config');
  try {
    // On the line where it stands, so that its problems name that.
    return success(parseConfig(`${'\n'.repeat(line - 1)}${JSON.stringify(config)}`, header.source));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const file = header.source;
    const messages = error.problems.map((problem) => problem.replace(`${file}:${line}: `, ''));
    return failure(messages.map((message) => ({ file, line, message: `config: ${message}` })));
  }
}

function problemsOf(header: Manifest, { issues }: z.ZodError): InputError[] {
  return issues.map(({ path, message }) => {
    const field = path.join('.');
    return { file: header.source, ...header.locate(field), message: field === '' ? message : `${field}: ${message}` };
  });
}
