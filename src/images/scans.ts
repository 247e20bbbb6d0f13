import { failure, type Result, success } from '../k8s/result.ts';
import { type Scan, SEVERITIES, type Severity, type Vulnerability } from './evidence.ts';
import { asList, asMoment, asText, at } from './json-values.ts';

/** More findings than any image has; a report that claims more is no report. */
const MOST_FINDINGS = 50_000;

/**
 * Sums up a cosign vulnerability attestation whose result is a report of Trivy. Another scanner's result is not
 * understood, and what is not understood is never a clean report.
 * https://github.com/sigstore/cosign/blob/main/specs/COSIGN_VULN_ATTESTATION_SPEC.md
 */
export function summariseScan(predicate: unknown): Result<Scan, string> {
  const uri = asText(at(predicate, 'scanner', 'uri'));
  if (uri === undefined) return failure('its report does not name its scanner (scanner.uri)');
  const finishedAt = asMoment(at(predicate, 'metadata', 'scanFinishedOn'));
  if (finishedAt === undefined) return failure('its report does not say when the scan ended (metadata.scanFinishedOn)');
  const report = at(predicate, 'scanner', 'result');
  if (typeof at(report, 'SchemaVersion') !== 'number') {
    return failure(
      'the result in its report is not one of Trivy (scanner.result.SchemaVersion), which alone is understood',
    );
  }
  const vulnerabilities = trivyFindings(report);
  if (!vulnerabilities.ok) return vulnerabilities;
  const version = asText(at(predicate, 'scanner', 'version'));
  const scanner = version === undefined ? uri : `${uri} ${version}`;
  return success({ kind: 'scan', scanner, finishedAt, vulnerabilities: vulnerabilities.value });
}

function trivyFindings(report: unknown): Result<readonly Vulnerability[], string> {
  const found: Vulnerability[] = [];
  const results = optionalList(at(report, 'Results'));
  if (results === undefined) return failure('the Results in its report are not a list');
  for (const result of results) {
    const findings = optionalList(at(result, 'Vulnerabilities'));
    if (findings === undefined) return failure('the Vulnerabilities in its report are not a list');
    if (found.length + findings.length > MOST_FINDINGS)
      return failure(`its report has more than ${MOST_FINDINGS} findings`);
    for (const finding of findings) {
      const id = asText(at(finding, 'VulnerabilityID'));
      if (id === undefined) return failure('its report has a finding without VulnerabilityID');
      const purl = asText(at(finding, 'PkgIdentifier', 'PURL'));
      found.push({
        id,
        severity: severityOf(at(finding, 'Severity')),
        package: asText(at(finding, 'PkgName')) ?? '',
        version: asText(at(finding, 'InstalledVersion')) ?? '',
        ...(purl === undefined ? {} : { purl }),
      });
    }
  }
  return success(found);
}

/** Empty where Trivy left it out; undefined where something else stands there. */
function optionalList(value: unknown): readonly unknown[] | undefined {
  return value === undefined || value === null ? [] : asList(value);
}

/** A severity that is not known may be the worst one: it is never dropped. */
function severityOf(value: unknown): Severity {
  return SEVERITIES.find((severity) => severity === value) ?? 'UNKNOWN';
}
