import type { ImageReference } from '../k8s/core/image-reference.ts';
import type { ImageEvidence, Scan, Vulnerability } from './evidence.ts';
import { SEVERITIES } from './evidence.ts';
import { describeRejections, type ImageProblem, listed, missing } from './problem.ts';
import { type Pardons, setAsideBy, statementsOf } from './set-aside.ts';
import type { AcceptedVulnerability, ScanDemand } from './settings.ts';

const DAY_MS = 86_400_000;
/** Clocks differ a little. */
const SKEW_MS = 300_000;
const MOST_SHOWN = 5;

interface Circumstances {
  readonly reference: ImageReference;
  readonly accepted: readonly AcceptedVulnerability[];
  readonly now: Date;
}

/** Whether an image was scanned lately, and what the newest report says of it. */
export function judgeScan(
  evidence: ImageEvidence,
  demand: ScanDemand,
  { reference, accepted, now }: Circumstances,
): readonly ImageProblem[] {
  // A report that cannot be read may be newer than those that can.
  if (evidence.incomplete !== undefined) return [missing(evidence, '')];
  const scan = newestScan(evidence, demand);
  const by = demand.authorities.join(' or ');
  if (!scan) {
    return [
      { required: `have it scanned, and the report signed by ${by}: there is none${describeRejections(evidence)}` },
    ];
  }
  const age = ageProblem(scan, demand, now);
  const statements = statementsOf(evidence, demand.vexAuthorities);
  return [
    ...(age === undefined ? [] : [{ required: age }]),
    ...findingProblems(scan, demand, evidence.digest, { statements, accepted, reference, now }),
  ];
}

/** The newest one wins: else an old clean report would do for ever. */
function newestScan({ attestations }: ImageEvidence, demand: ScanDemand): Scan | undefined {
  let newest: Scan | undefined;
  for (const { signer, content } of attestations) {
    if (content.kind !== 'scan' || !demand.authorities.includes(signer.authority)) continue;
    if (!isOf(content.scanner, demand.scanners)) continue;
    if (!newest || content.finishedAt > newest.finishedAt) newest = content;
  }
  return newest;
}

/** A scanner's name, whatever version stands behind it. */
function isOf(scanner: string, wanted: readonly string[]): boolean {
  return (
    wanted.length === 0 ||
    wanted.some((name) => scanner === name || scanner.startsWith(`${name}@`) || scanner.startsWith(`${name} `))
  );
}

function ageProblem({ finishedAt }: Scan, { maxAgeDays }: ScanDemand, now: Date): string | undefined {
  const at = finishedAt.getTime();
  // Whatever a broken clock wrote must not be new for ever. What is no time at all is compared with nothing.
  if (!(at <= now.getTime() + SKEW_MS)) return 'have it scanned again: the newest report says that it is of the future';
  if (now.getTime() - at <= maxAgeDays * DAY_MS) return undefined;
  return `have it scanned again: the newest report is of ${timeOf(finishedAt)}, expected at most ${maxAgeDays} days`;
}

function findingProblems(
  { vulnerabilities, scanner, finishedAt }: Scan,
  { refuse }: ScanDemand,
  digest: string,
  pardons: Pardons,
): ImageProblem[] {
  const open: Vulnerability[] = [];
  const aside: string[] = [];
  const refused = vulnerabilities.filter(({ severity }) => refuse.includes(severity)).sort(bySeverity);
  for (const vulnerability of refused) {
    const why = setAsideBy(vulnerability, digest, pardons);
    if (why === undefined) open.push(vulnerability);
    else aside.push(`${describe(vulnerability)} (${why})`);
  }
  const problems: ImageProblem[] = [];
  if (open.length > 0) {
    const report = `${listed([scanner])} on ${timeOf(finishedAt)}`;
    const required = `use an image without ${listed(open.map(describe), MOST_SHOWN)} (found by ${report}), or have a VEX statement set them aside`;
    problems.push({ required });
  }
  if (aside.length > 0) {
    const tolerated = `${aside.length} set aside: ${listed(aside, MOST_SHOWN)}`;
    problems.push({ required: 'use an image without them once there is one', tolerated });
  }
  return problems;
}

function bySeverity(one: Vulnerability, other: Vulnerability): number {
  return SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity);
}

function describe({ id, severity, package: name, version }: Vulnerability): string {
  return `${severity} ${id} in ${name} ${version}`;
}

function timeOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString();
}
