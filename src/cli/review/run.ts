import type { Config } from '../../config/resolve.ts';
import { refuses } from '../../engine/answer.ts';
import { judgesKind, type Verdict } from '../../engine/review.ts';
import type { Subject } from '../../engine/subject.ts';
import type { Ports } from '../../facts/ports.ts';
import { judge, judgeForAll } from '../../judge.ts';
import { concernsAll } from '../../k8s/kinds.ts';
import type { KubernetesObject } from '../../k8s/object.ts';
import type { Result } from '../../k8s/result.ts';
import type { InputError, Position } from '../../manifests/documents.ts';
import { type Fixture, fixtureOf, isFixtureHeader } from '../../manifests/fixture.ts';
import type { InputFile } from '../../manifests/input-files.ts';
import { type Manifest, type Manifests, readManifests } from '../../manifests/objects.ts';
import { type PlacedSubject, subjectOfManifest } from '../../manifests/subject.ts';
import { createManifestWorld } from '../../manifests/world.ts';
import type { Policy } from '../../rules/define.ts';
import { RULES } from '../../rules/index.ts';

/** How a verdict counts: as the engine said it, or not at all because the files cannot tell what it needs. */
type Standing = Verdict['outcome'] | 'not-judged';

/** What a rule said of an object, and how that counts. */
export interface ReviewedVerdict {
  readonly verdict: Verdict;
  readonly standing: Standing;
}

/** One object that was judged. */
export interface Reviewed {
  readonly manifest: Manifest;
  readonly subject: Subject;
  readonly outcome: 'accepted' | 'refused' | 'unknown';
  readonly verdicts: readonly ReviewedVerdict[];
  readonly locate: (path: string) => Position;
  /** Whether the configuration names the namespace; else the defaults of a profile judged. */
  readonly configured: boolean;
  /** Why no rule could be asked: a bug of ours, which is never an acceptance. */
  readonly crash?: string;
}

/** Objects of a kind that no rule judges. */
interface NotJudged {
  readonly apiVersion: string;
  readonly kind: string;
  readonly count: number;
}

/** A whole run of `review`. */
export interface Review {
  readonly objects: readonly Reviewed[];
  readonly notJudged: readonly NotJudged[];
  readonly errors: readonly InputError[];
}

/** What a run depends on besides the files. */
export interface ReviewSettings {
  readonly config?: Config;
  /** That of namespaces that no configuration names. */
  readonly fallback: Policy;
  /** That of objects that name none. */
  readonly namespace?: string;
  /** Whether a rule that needs more than the files tell counts as unknown. */
  readonly strict: boolean;
  /** Whether headers of fixtures are honoured: they bring a configuration of their own. */
  readonly fixtures: boolean;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** One thing to judge, and in which world. */
interface Case {
  readonly manifest: Manifest;
  readonly ports: Ports;
  readonly now: Date;
  readonly strict: boolean;
  readonly config?: Config;
  readonly fallback: Policy;
}

/** Judges all objects of all sources, until it is told to stop. One that cannot be read or judged hides no other. */
export async function reviewSources(
  sources: AsyncIterable<Result<InputFile, InputError>>,
  settings: ReviewSettings,
): Promise<Review> {
  const errors: InputError[] = [];
  const plain: Manifest[] = [];
  const fixtures: Fixture[] = [];
  for await (const source of sources) {
    if (!source.ok) {
      errors.push(source.error);
      continue;
    }
    const { text, file } = source.value;
    const read = readManifests(text, file);
    const [first] = read.manifests;
    if (settings.fixtures && first && isFixtureHeader(first)) {
      const fixture = fixtureOf(read, file);
      if (fixture.ok) fixtures.push(fixture.value);
      else errors.push(...fixture.error);
      continue;
    }
    errors.push(...read.errors, ...headersIn(read, settings.fixtures));
    plain.push(...read.manifests.filter((manifest) => !isFixtureHeader(manifest)));
  }
  const objects: Reviewed[] = [];
  const others: KubernetesObject[] = [];
  for (const each of casesOf(plain, fixtures, settings)) {
    if (settings.signal.aborted) break;
    const placed = subjectOfManifest(each.manifest, each.now, settings.namespace);
    if (!placed.ok) errors.push(placed.error);
    else if (!isJudged(placed.value.subject)) others.push(placed.value.subject.object);
    else objects.push(await judgeCase(each, placed.value, settings.signal));
  }
  return { objects, notJudged: countKinds(others), errors };
}

/** A header loosens the configuration and hides documents: a file that is reviewed must not bring its own policy. */
function headersIn({ manifests }: Manifests, allowed: boolean): InputError[] {
  return manifests.filter(isFixtureHeader).map(({ source, line, column }) => ({
    file: source,
    line,
    column,
    message: allowed
      ? 'the header of a fixture stands behind other documents: expected it first'
      : 'the header of a fixture brings its own policy: expected none, or the flag --fixtures',
  }));
}

function* casesOf(plain: readonly Manifest[], fixtures: readonly Fixture[], settings: ReviewSettings): Generator<Case> {
  const ports = { cluster: createManifestWorld(plain, { namespace: settings.namespace, complete: false }) };
  for (const manifest of plain) yield { ...settings, manifest, ports };
  for (const { subject, world, now, config, unknown } of fixtures) {
    yield {
      ...settings,
      ...(config && { config }),
      manifest: subject,
      ports: {
        cluster: createManifestWorld(world, { namespace: settings.namespace, complete: true }),
        unlearnable: unknown,
      },
      now: now ?? settings.now,
      // A fixture says what its world is, as a cluster does: what it does not tell is unknown.
      strict: true,
    };
  }
}

async function judgeCase(each: Case, { subject, locate }: PlacedSubject, signal: AbortSignal): Promise<Reviewed> {
  const { manifest, ports, strict, fallback } = each;
  const policy = each.config?.namespaces.get(subject.namespace);
  const configured = policy !== undefined || (each.config !== undefined && concernsAll(subject.object));
  const about = { manifest, subject, locate, configured };
  try {
    const decision =
      each.config && concernsAll(subject.object)
        ? await judgeForAll(subject, each.config.namespaces, ports, signal)
        : await judge(subject, policy ?? fallback, ports, signal);
    const verdicts = decision.verdicts.map((verdict) => ({ verdict, standing: standingOf(verdict, strict) }));
    return { ...about, outcome: outcomeOf(verdicts), verdicts };
  } catch (error) {
    const crash = error instanceof Error ? error.message : String(error);
    return { ...about, outcome: 'unknown', verdicts: [], crash };
  }
}

function standingOf(verdict: Verdict, strict: boolean): Standing {
  if (strict || verdict.outcome !== 'unknown') return verdict.outcome;
  // Where only an exemption could not be verified, the violation is known: that is no "not judged".
  if (verdict.missing.some((name) => verdict.rule.needs.includes(name))) return 'not-judged';
  return verdict.outcome;
}

function outcomeOf(verdicts: readonly ReviewedVerdict[]): Reviewed['outcome'] {
  const counted = verdicts.filter(({ verdict, standing }) => refuses(verdict) && standing !== 'not-judged');
  if (counted.some(({ standing }) => standing === 'fail')) return 'refused';
  return counted.length > 0 ? 'unknown' : 'accepted';
}

/** Whether any rule there is, on or off, has a say on objects of this kind. */
function isJudged(subject: Subject): boolean {
  return RULES.some((rule) => judgesKind(rule, subject));
}

function countKinds(objects: readonly KubernetesObject[]): NotJudged[] {
  const counts = new Map<string, NotJudged>();
  for (const { apiVersion, kind } of objects) {
    const key = `${apiVersion} ${kind}`;
    counts.set(key, { apiVersion, kind, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
}
