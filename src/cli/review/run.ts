import { ConfigError, loadConfig } from '../../config/load.ts';
import { type Config, defaultPolicy } from '../../config/resolve.ts';
import { refuses } from '../../engine/answer.ts';
import type { Profile } from '../../engine/policy.ts';
import { judgesKind, type Verdict } from '../../engine/review.ts';
import type { Subject } from '../../engine/subject.ts';
import type { ImageSource, Ports } from '../../facts/ports.ts';
import { judge, judgeForAll } from '../../judge.ts';
import { concernsAll } from '../../k8s/kinds.ts';
import type { KubernetesObject } from '../../k8s/object.ts';
import type { Result } from '../../k8s/result.ts';
import { describeError, type InputError } from '../../manifests/documents.ts';
import { type Fixture, fixtureOf, isFixtureHeader } from '../../manifests/fixture.ts';
import { type InputFile, readInputFiles, STDIN } from '../../manifests/input-files.ts';
import { type Manifest, type Manifests, readManifests } from '../../manifests/objects.ts';
import { type PlacedSubject, subjectOfManifest } from '../../manifests/subject.ts';
import { createManifestWorld } from '../../manifests/world.ts';
import type { Policy } from '../../rules/define.ts';
import { RULES } from '../../rules/index.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';
import type { Colour } from '../shared/flags.ts';
import { writeReport } from '../shared/formats.ts';
import { asksForImages, type ImageFlags, type OpenImages, openImages, verifiedImages } from '../shared/images.ts';
import { paintFor } from '../shared/terminal.ts';
import { REVIEW_FORMATS } from './formats.ts';
import type {
  NotJudged,
  Review,
  ReviewedObject,
  ReviewedVerdict,
  ReviewOutcome,
  ReviewReport,
  Standing,
} from './report.ts';

export type ReviewFlags = ImageFlags & {
  readonly config: string | undefined;
  readonly profile: Profile;
  readonly namespace: string | undefined;
  readonly format: keyof typeof REVIEW_FORMATS;
  readonly strict: boolean | undefined;
  readonly fixtures: boolean | undefined;
  readonly color: Colour;
  readonly quiet: boolean | undefined;
};

/** `review`: judges files. Verdicts go to standard output, bad input to standard error. */
export async function review(flags: ReviewFlags, names: readonly string[], context: CommandContext): Promise<number> {
  const fallback = defaultPolicy(flags.profile, asksForImages(flags) ? { verify: true } : {});
  let config: Config | undefined;
  let images: OpenImages | undefined;
  try {
    config = flags.config === undefined ? undefined : await loadConfig(flags.config);
    if (asksForImages(flags)) images = await openImages(verifiedImages(config, fallback), flags, context);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.stderr.write(`${error.problems.join('\n')}\n`);
    return EXIT.usage;
  }
  const review = await reviewFiles(names, flags, { config, fallback, images: images?.source }, context);
  await images?.close();
  if (!review) {
    context.stderr.write('qdrant-admission review: interrupted, not everything was judged\n');
    return EXIT.unknown;
  }
  const exitCode = exitCodeOf(review);
  const stderr = review.errors.map((error) => `${describeError(error)}\n`).join('');
  if (stderr !== '') context.stderr.write(stderr);
  const report: ReviewReport = {
    review,
    enforcement: config?.enforcement ?? 'enforce',
    hasConfiguration: config !== undefined,
    profile: flags.profile,
    exitCode,
    program: context.program,
    quiet: flags.quiet ?? false,
    paint: paintFor(flags.color, context),
  };
  await writeReport(REVIEW_FORMATS[flags.format], report, context.stdout);
  return exitCode;
}

interface Around {
  readonly config: Config | undefined;
  readonly fallback: Policy;
  readonly images: ImageSource | undefined;
}

/** Undefined where we were asked to stop. */
async function reviewFiles(
  names: readonly string[],
  flags: ReviewFlags,
  { config, fallback, images }: Around,
  { stdin, signal, now }: CommandContext,
): Promise<Review | undefined> {
  const inputOptions = { stdin, signal, ...(flags.config !== undefined && { except: flags.config }) };
  const review = await reviewInputs(readInputFiles(names, inputOptions), {
    ...(config && { config }),
    fallback,
    ...(images && { images }),
    ...(flags.namespace !== undefined && { namespace: flags.namespace }),
    strict: flags.strict ?? false,
    fixtures: flags.fixtures ?? false,
    now: now(),
    signal,
  });
  if (signal.aborted) return undefined;
  if (review.objects.length + review.notJudged.length + review.errors.length > 0) return review;
  // A broken pipe in front of us must not read as "nothing refused".
  const message = 'holds no Kubernetes object: expected at least one';
  return { ...review, errors: [{ file: names.map((name) => (name === '-' ? STDIN : name)).join(' '), message }] };
}

function exitCodeOf({ objects, errors }: Review): number {
  if (errors.length > 0) return EXIT.usage;
  if (objects.some(({ outcome }) => outcome === 'refused')) return EXIT.refused;
  return objects.some(({ outcome }) => outcome === 'unknown') ? EXIT.unknown : EXIT.accepted;
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
  /** What tells of images; left out: nobody is asked. */
  readonly images?: ImageSource;
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

/** Judges all objects of all files, until it is told to stop. One that cannot be read or judged hides no other. */
export async function reviewInputs(
  files: AsyncIterable<Result<InputFile, InputError>>,
  settings: ReviewSettings,
): Promise<Review> {
  const errors: InputError[] = [];
  const plain: Manifest[] = [];
  const fixtures: Fixture[] = [];
  for await (const source of files) {
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
  const objects: ReviewedObject[] = [];
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
  const ports = {
    cluster: createManifestWorld(plain, { namespace: settings.namespace, complete: false }),
    ...(settings.images && { images: settings.images }),
  };
  for (const manifest of plain) yield { ...settings, manifest, ports };
  for (const { subject, world, now, config, unknown, images } of fixtures) {
    yield {
      ...settings,
      ...(config && { config }),
      manifest: subject,
      ports: {
        cluster: createManifestWorld(world, { namespace: settings.namespace, complete: true }),
        ...(images && { images }),
        unlearnable: unknown,
      },
      now: now ?? settings.now,
      // A fixture says what its world is, as a cluster does: what it does not tell is unknown.
      strict: true,
    };
  }
}

async function judgeCase(each: Case, { subject, locate }: PlacedSubject, signal: AbortSignal): Promise<ReviewedObject> {
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
    return { ...about, outcome: outcomeOf(subject, verdicts), verdicts };
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

function outcomeOf({ operation }: Subject, verdicts: readonly ReviewedVerdict[]): ReviewOutcome {
  const counted = verdicts.filter(({ verdict, standing }) => refuses(verdict) && standing !== 'not-judged');
  if (counted.some(({ standing }) => standing === 'fail')) return 'refused';
  if (counted.length > 0) return 'unknown';
  // A CREATE is judged by every rule for its kind: where none said anything, nobody has accepted it. Another request may
  // change nothing that rules judge, and is let in for that.
  const isSilent = operation === 'CREATE' && verdicts.every(({ standing }) => standing === 'not-judged');
  return isSilent ? 'not-judged' : 'accepted';
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
