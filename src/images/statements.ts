import { failure, type Result, success } from '../k8s/result.ts';
import type { StatementContent, StatementKind } from './evidence.ts';
import { asList, asObject, asText, at, parseJson } from './json-values.ts';
import { summariseProvenance1, summariseProvenance02 } from './provenance.ts';
import { summariseCycloneDx, summariseSpdx } from './sbom.ts';
import { summariseScan } from './scans.ts';
import { hasAnalyses, summariseCycloneDxVex, summariseOpenVex } from './vex.ts';

/** The payloadType of an envelope that holds an in-toto statement; nothing else may be read as one. */
export const IN_TOTO = 'application/vnd.in-toto+json';

/** What `cosign sign` states: that the image is signed, and nothing more. */
export const COSIGN_SIGNATURE = 'https://sigstore.dev/cosign/sign/v1';

const STATEMENT_TYPES: readonly unknown[] = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1'];
const MOST_SUBJECTS = 1024;
const MOST_DIGESTS = 32;

/** An in-toto statement that is known to be about an image. */
export interface Statement {
  readonly predicateType: string;
  readonly predicate: unknown;
  /** Of the subject that is the image. */
  readonly annotations: Readonly<Record<string, string>>;
}

interface PredicateKind {
  /** Whole, or with a version behind it where the author of the type writes one: `https://cyclonedx.org/bom/v1.6`. */
  readonly type: string;
  readonly versioned: boolean;
  readonly kind: Exclude<StatementKind, 'signature' | 'other'>;
  readonly summarise: (predicate: unknown, digest: string) => Result<readonly StatementContent[], string>;
}

const PREDICATES: readonly PredicateKind[] = [
  { type: 'https://spdx.dev/Document', versioned: true, kind: 'sbom', summarise: (it) => one(summariseSpdx(it)) },
  { type: 'https://cyclonedx.org/bom', versioned: true, kind: 'sbom', summarise: summariseBom },
  {
    type: 'https://cosign.sigstore.dev/attestation/vuln/v1',
    versioned: false,
    kind: 'scan',
    summarise: (it) => one(summariseScan(it)),
  },
  {
    type: 'https://openvex.dev/ns',
    versioned: true,
    kind: 'vex',
    summarise: (it, digest) => one(summariseOpenVex(it, digest)),
  },
  {
    type: 'https://cyclonedx.org/vex',
    versioned: true,
    kind: 'vex',
    summarise: (it, digest) => one(summariseCycloneDxVex(it, digest)),
  },
  {
    type: 'https://slsa.dev/provenance/v0.2',
    versioned: false,
    kind: 'provenance',
    summarise: (it) => one(summariseProvenance02(it)),
  },
  {
    type: 'https://slsa.dev/provenance/v1',
    versioned: false,
    kind: 'provenance',
    summarise: (it) => one(summariseProvenance1(it)),
  },
];

/** What kind of statement a predicateType is. */
export function statementKind(predicateType: string): StatementKind {
  if (predicateType === COSIGN_SIGNATURE) return 'signature';
  return predicateKind(predicateType)?.kind ?? 'other';
}

/**
 * Reads the bytes of an in-toto statement.
 * @param digest of the image that it has to be about, `sha256:…`
 * @returns why it cannot be read, or is about something else
 */
export function parseStatement(bytes: Uint8Array, digest: string): Result<Statement, string> {
  const statement = parseJson(bytes);
  if (asObject(statement) === undefined) return failure('its payload is not JSON');
  if (!STATEMENT_TYPES.includes(at(statement, '_type'))) return failure('its payload is not an in-toto statement');
  const predicateType = asText(at(statement, 'predicateType'));
  if (predicateType === undefined) return failure('its statement has no predicateType');
  const subjects = asList(at(statement, 'subject')) ?? [];
  if (subjects.length > MOST_SUBJECTS) return failure(`its statement has more than ${MOST_SUBJECTS} subjects`);
  const crowded = subjects.some((it) => Object.keys(asObject(at(it, 'digest')) ?? {}).length > MOST_DIGESTS);
  if (crowded) return failure(`a subject of its statement has more than ${MOST_DIGESTS} digests`);
  const subject = subjects.find((it) => `sha256:${at(it, 'digest', 'sha256')}` === digest);
  if (subject === undefined)
    return failure(`its statement is about ${describeSubjects(subjects)}, and not about ${digest}`);
  return success({
    predicateType,
    predicate: at(statement, 'predicate'),
    annotations: texts(at(subject, 'annotations')),
  });
}

/**
 * What a statement says, summed up; more than one thing where a document is a bill of materials and VEX at once.
 * @param digest of what it is about
 */
export function summarise(
  { predicateType, predicate }: Statement,
  digest: string,
): Result<readonly StatementContent[], string> {
  return predicateKind(predicateType)?.summarise(predicate, digest) ?? success([{ kind: 'other' }]);
}

function predicateKind(predicateType: string): PredicateKind | undefined {
  return PREDICATES.find(
    ({ type, versioned }) =>
      predicateType === type ||
      (versioned && predicateType.startsWith(`${type}/`) && /^v\d[\w.-]*$/.test(predicateType.slice(type.length + 1))),
  );
}

/** A CycloneDX document may list components, judge vulnerabilities, or do both. */
function summariseBom(predicate: unknown, digest: string): Result<readonly StatementContent[], string> {
  const bom = summariseCycloneDx(predicate);
  if (!hasAnalyses(predicate)) return one(bom);
  const vex = summariseCycloneDxVex(predicate, digest);
  if (!vex.ok) return vex;
  return success(bom.ok ? [bom.value, vex.value] : [vex.value]);
}

function one<T extends StatementContent>(result: Result<T, string>): Result<readonly StatementContent[], string> {
  return result.ok ? success([result.value]) : result;
}

/** The fields of an object that are text. */
export function texts(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(asObject(value) ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function describeSubjects(subjects: readonly unknown[]): string {
  const digest = asText(at(subjects[0], 'digest', 'sha256'));
  if (digest !== undefined) return subjects.length === 1 ? `sha256:${digest}` : `${subjects.length} other digests`;
  return subjects.length === 0 ? 'nothing' : 'something that it does not name by a sha256 digest';
}
