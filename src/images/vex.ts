import { failure, type Result, success } from '../k8s/result.ts';
import type { Vex, VexStatement } from './evidence.ts';
import { asList, asMoment, asObject, asText, at } from './json-values.ts';

/** More than any author writes; products times names of a vulnerability. */
const MOST_STATEMENTS = 50_000;

type Status = VexStatement['status'];

const OPENVEX_STATUSES: readonly Status[] = ['not_affected', 'fixed', 'affected', 'under_investigation'];

/** https://cyclonedx.org/docs/1.6/json/#vulnerabilities_items_analysis_state */
const CYCLONEDX_STATES: Readonly<Record<string, Status>> = {
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
  exploitable: 'affected',
  in_triage: 'under_investigation',
  false_positive: 'not_affected',
  not_affected: 'not_affected',
};

/**
 * Sums up an OpenVEX document: one statement for each product and each name of a vulnerability, so that what it says of
 * one product is never taken for another.
 * @param digest of the image that the document was signed for: the product where a statement names none
 */
export function summariseOpenVex(predicate: unknown, digest: string): Result<Vex, string> {
  const author = asText(at(predicate, 'author'));
  if (author === undefined) return failure('its OpenVEX document names no author');
  const written = asList(at(predicate, 'statements'));
  if (written === undefined) return failure('its OpenVEX document has no statements');
  const statements: VexStatement[] = [];
  for (const statement of written) {
    const read = openVexStatement(statement, predicate, digest);
    if (!read.ok) return read;
    statements.push(...read.value);
    if (statements.length > MOST_STATEMENTS)
      return failure(`its OpenVEX document has more than ${MOST_STATEMENTS} statements`);
  }
  return success({ kind: 'vex', author, statements });
}

function openVexStatement(
  statement: unknown,
  document: unknown,
  digest: string,
): Result<readonly VexStatement[], string> {
  const names = vulnerabilityNames(at(statement, 'vulnerability'));
  const status = OPENVEX_STATUSES.find((it) => it === at(statement, 'status'));
  const moment = asMoment(
    at(statement, 'last_updated') ??
      at(statement, 'timestamp') ??
      at(document, 'last_updated') ??
      at(document, 'timestamp'),
  );
  if (names.length === 0) return failure('its OpenVEX document has a statement without a vulnerability');
  if (status === undefined) return failure(`its OpenVEX statement on ${names[0]} has no status that OpenVEX knows`);
  if (moment === undefined) return failure(`its OpenVEX statement on ${names[0]} has no timestamp`);
  const justification = asText(at(statement, 'justification'));
  const products = at(statement, 'products');
  const named = products === undefined ? [{ '@id': digest }] : asList(products);
  if (named === undefined) return failure(`the products of its OpenVEX statement on ${names[0]} are not a list`);
  return success(
    named.flatMap((product) =>
      names.map((vulnerability) => ({
        vulnerability,
        status,
        products: componentNames(product),
        subcomponents: (asList(at(product, 'subcomponents')) ?? []).flatMap(componentNames),
        ...(justification === undefined ? {} : { justification }),
        at: moment,
      })),
    ),
  );
}

/** The name and its aliases: scanners do not agree on one. */
function vulnerabilityNames(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  const name = asText(at(value, 'name')) ?? asText(at(value, '@id'));
  const aliases = (asList(at(value, 'aliases')) ?? []).flatMap((alias) => asText(alias) ?? []);
  return name === undefined ? [] : [...new Set([name, ...aliases])];
}

/** Everything by which a product or subcomponent is named: its id, its identifiers, its digests. */
function componentNames(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  const sha256 = asText(at(value, 'hashes', 'sha-256'));
  const identifiers = Object.values(asObject(at(value, 'identifiers')) ?? {});
  const names = [at(value, '@id'), ...identifiers, sha256 === undefined ? undefined : `sha256:${sha256}`];
  return [...new Set(names.flatMap((name) => asText(name) ?? []))];
}

/** Whether a CycloneDX document says of vulnerabilities whether they matter, which makes it a VEX document. */
export function hasAnalyses(predicate: unknown): boolean {
  return (asList(at(predicate, 'vulnerabilities')) ?? []).some((it) => asObject(at(it, 'analysis')) !== undefined);
}

/**
 * Sums up the analyses of a CycloneDX document. The product is the image that it was signed for; what it says affects is
 * a part of it, by package URL where the document has the component.
 * @param digest of the image that the document was signed for
 */
export function summariseCycloneDxVex(predicate: unknown, digest: string): Result<Vex, string> {
  const main = at(predicate, 'metadata', 'component');
  const purls = purlsByReference(predicate);
  const statements: VexStatement[] = [];
  for (const vulnerability of asList(at(predicate, 'vulnerabilities')) ?? []) {
    const analysis = asObject(at(vulnerability, 'analysis'));
    if (analysis === undefined) continue;
    const id = asText(at(vulnerability, 'id'));
    if (id === undefined) return failure('its CycloneDX document has a vulnerability without id');
    const state = asText(at(analysis, 'state')) ?? '';
    const status = Object.hasOwn(CYCLONEDX_STATES, state) ? CYCLONEDX_STATES[state] : undefined;
    if (status === undefined) return failure(`its analysis of ${id} has no state that CycloneDX knows`);
    const moment = asMoment(
      at(analysis, 'lastUpdated') ??
        at(analysis, 'firstIssued') ??
        at(vulnerability, 'updated') ??
        at(predicate, 'metadata', 'timestamp'),
    );
    if (moment === undefined) return failure(`its analysis of ${id} has no timestamp`);
    const affected = (asList(at(vulnerability, 'affects')) ?? []).flatMap((it) => asText(at(it, 'ref')) ?? []);
    const parts = affected.filter((ref) => ref !== at(main, 'bom-ref'));
    // What affects the product as a whole says nothing of a part alone, and the other way round.
    if (affected.length === 0) return failure(`its analysis of ${id} does not say what it affects`);
    const justification = asText(at(analysis, 'justification'));
    const common = {
      vulnerability: id,
      status,
      products: [digest],
      at: moment,
      ...(justification && { justification }),
    };
    if (parts.length < affected.length) statements.push({ ...common, subcomponents: [] });
    for (const part of parts) statements.push({ ...common, subcomponents: [purls.get(part) ?? part] });
    if (statements.length > MOST_STATEMENTS)
      return failure(`its CycloneDX document has more than ${MOST_STATEMENTS} analyses`);
  }
  return success({ kind: 'vex', author: cycloneDxAuthor(predicate), statements });
}

function purlsByReference(document: unknown): ReadonlyMap<string, string> {
  const purls = new Map<string, string>();
  const open: unknown[] = [document];
  while (open.length > 0) {
    for (const component of asList(at(open.pop(), 'components')) ?? []) {
      const reference = asText(at(component, 'bom-ref'));
      const purl = asText(at(component, 'purl'));
      if (reference !== undefined && purl !== undefined) purls.set(reference, purl);
      open.push(component);
    }
  }
  return purls;
}

/** Who wrote it, as the document says; its signer is what counts. */
function cycloneDxAuthor(document: unknown): string {
  const author = asList(at(document, 'metadata', 'authors'))?.[0];
  const names = [
    at(author, 'name'),
    at(document, 'metadata', 'manufacturer', 'name'),
    at(document, 'metadata', 'supplier', 'name'),
  ];
  return names.map(asText).find((name) => name !== undefined) ?? 'not named';
}
