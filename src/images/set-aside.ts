import type { ImageReference } from '../k8s/core/image-reference.ts';
import type { ImageEvidence, VexStatement, Vulnerability } from './evidence.ts';
import { isIn } from './matching.ts';
import type { AcceptedVulnerability } from './settings.ts';

/** A VEX statement and who signed it. */
interface SignedStatement {
  readonly authority: string;
  readonly statement: VexStatement;
}

/** What may set a vulnerability aside. */
export interface Pardons {
  readonly statements: readonly SignedStatement[];
  readonly accepted: readonly AcceptedVulnerability[];
  readonly reference: ImageReference;
  readonly now: Date;
}

/** The verified statements of authorities that may set vulnerabilities aside. */
export function statementsOf({ attestations }: ImageEvidence, authorities: readonly string[]): SignedStatement[] {
  return attestations.flatMap(({ signer, content }) =>
    content.kind === 'vex' && authorities.includes(signer.authority)
      ? content.statements.map((statement) => ({ authority: signer.authority, statement }))
      : [],
  );
}

/** Why a vulnerability does not count, in words; undefined where it does. */
export function setAsideBy(vulnerability: Vulnerability, digest: string, pardons: Pardons): string | undefined {
  return byStatement(vulnerability, digest, pardons) ?? byAcceptance(vulnerability, pardons);
}

/** The newest statement about it wins: what was thought harmless may turn out not to be. */
function byStatement(vulnerability: Vulnerability, digest: string, { statements, now }: Pardons): string | undefined {
  let newest: SignedStatement | undefined;
  for (const each of statements) {
    if (!isAbout(each.statement, vulnerability, digest)) continue;
    if (!newest || isNewer(each.statement, newest.statement)) newest = each;
  }
  if (!newest) return undefined;
  const { status, justification, at } = newest.statement;
  if ((status !== 'not_affected' && status !== 'fixed') || at.getTime() > now.getTime()) return undefined;
  return `VEX of ${newest.authority}: ${status}${justification === undefined ? '' : `, ${justification}`}`;
}

/** Of two of the same moment the one counts that sets nothing aside. */
function isNewer(one: VexStatement, other: VexStatement): boolean {
  const [time, otherTime] = [one.at.getTime(), other.at.getTime()];
  return time > otherTime || (time === otherTime && one.status !== 'not_affected' && one.status !== 'fixed');
}

/**
 * Whether a statement is about a vulnerability in this image: it names the package, or the image by its digest, and
 * there no packages but this one.
 */
function isAbout(
  { vulnerability: id, products, subcomponents }: VexStatement,
  { id: found, purl }: Vulnerability,
  digest: string,
): boolean {
  if (id !== found) return false;
  const names = (names: readonly string[]) => purl !== undefined && names.some((each) => isSamePackage(each, purl));
  if (names(products)) return true;
  return products.some((each) => isDigest(each, digest)) && (subcomponents.length === 0 || names(subcomponents));
}

/** `sha256:…` by itself, behind the name of an image, or as the version of a package URL, where it may be escaped. */
function isDigest(product: string, digest: string): boolean {
  const [bare = ''] = product.split(/[?#]/);
  const named = bare.replace(/%3A/i, ':');
  return named === digest || named.endsWith(`@${digest}`);
}

/** Package URLs: qualifiers count where the statement has some. */
function isSamePackage(stated: string, purl: string): boolean {
  return stated === purl || (!/[?#]/.test(stated) && stated === purl.split(/[?#]/)[0]);
}

function byAcceptance({ id, package: name }: Vulnerability, { accepted, reference, now }: Pardons): string | undefined {
  const found = accepted.find(
    (each) =>
      each.id === id &&
      (each.package === undefined || each.package === name) &&
      now < each.expires &&
      isIn(reference, each.images),
  );
  return found && `accepted until ${found.expires.toISOString()} by ${found.responsible}: ${found.reason}`;
}
