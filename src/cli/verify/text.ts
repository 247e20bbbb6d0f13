import { describeExempted } from '../../engine/answer.ts';
import type { Verdict } from '../../engine/review.ts';
import { count, describeFinding, printable } from '../../engine/wording.ts';
import type { Attestation, FileEvidence, ImageEvidence, Signer, StatementContent } from '../../images/evidence.ts';
import type { Format } from '../shared/formats.ts';
import type { Paint } from '../shared/terminal.ts';
import type { VerifiedFile, VerifiedImage, VerifyOutcome, VerifyReport } from './report.ts';

const COLOUR = { accepted: 'green', refused: 'red', unknown: 'yellow' } as const;
const LABEL_WIDTH = 10;

/** For people: image by image and file by file what is known of it, and then what is wrong. */
export const TEXT: Format<VerifyReport> = {
  write: ({ images, files, paint }) => [
    ...images.map((image) => describeImage(image, paint)),
    ...files.map((file) => describeFile(file, paint)),
  ],
};

function describeImage({ image, outcome, answer, verdicts }: VerifiedImage, paint: Paint): string {
  const head = headOf(outcome, image, paint);
  const known = answer?.state === 'found' ? describeEvidence(answer.evidence) : [];
  return [head, ...known, ...verdicts.flatMap((verdict) => describeVerdict(verdict, paint)), ''].join('\n');
}

function describeFile({ file, outcome, reason, evidence, classicProvenance }: VerifiedFile, paint: Paint): string {
  return [
    headOf(outcome, file, paint),
    line('digest', evidence.digest),
    ...describeSigned(evidence),
    ...describeRest(evidence),
    ...(classicProvenance === undefined
      ? []
      : [line('.prov', `${classicProvenance} is there, signed with PGP, and was not verified`)]),
    ...(reason === undefined ? [] : [line('why', reason)]),
    '',
  ].join('\n');
}

function headOf(outcome: VerifyOutcome, name: string, paint: Paint): string {
  return `${paint(COLOUR[outcome], outcome.padEnd(LABEL_WIDTH))}${paint('bold', printable(name))}`;
}

function describeEvidence(evidence: ImageEvidence): string[] {
  const { digest, platforms, attached } = evidence;
  const runs = platforms.map(({ os, architecture }) => `${os}/${architecture}`).join(', ');
  const sboms = attached.flatMap(({ content, platformDigest, level }) => {
    const platform = platforms.find((each) => each.digest === platformDigest);
    const where = platform ? ` for ${platform.os}/${platform.architecture}` : '';
    return content === undefined || content.kind === 'sbom'
      ? [line('SBOM', `${content ? describeContent(content) : 'listed'}${where}, by the index (${level})`)]
      : [];
  });
  return [
    line('digest', runs === '' ? digest : `${digest} (an index: ${runs})`),
    ...describeSigned(evidence),
    ...sboms,
    ...describeRest(evidence),
  ];
}

function describeSigned({ signatures, attestations }: FileEvidence): string[] {
  return [
    ...signatures.map(({ signer, storedAs }) => line('signed', `${describeSigner(signer)}; stored as ${storedAs}`)),
    ...attestations.map(describeAttestation),
  ];
}

function describeRest({ rejections, incomplete }: FileEvidence): string[] {
  return [
    ...rejections.map(({ found, reason }) => line('not valid', `${found}: ${reason}`)),
    ...(incomplete === undefined ? [] : [line('not read', incomplete)]),
  ];
}

function describeAttestation({ signer, content, predicateType }: Attestation): string {
  const what = content.kind === 'other' ? predicateType : describeContent(content);
  const label = { sbom: 'SBOM', scan: 'scan', vex: 'VEX', provenance: 'built', other: 'statement' }[content.kind];
  return line(label, `${what}; signed ${describeSigner(signer)}`);
}

function describeContent(content: StatementContent): string {
  switch (content.kind) {
    case 'sbom':
      return `${content.format}, ${count(content.packages, 'package')}`;
    case 'scan':
      return `${content.scanner} on ${content.finishedAt.toISOString()}: ${count(content.vulnerabilities.length, 'finding')}`;
    case 'vex':
      return `${count(content.statements.length, 'statement')} of ${content.author}`;
    case 'provenance':
      return `by ${content.builder}${content.source === undefined ? '' : ` of ${content.source}`}`;
    case 'other':
      return 'a statement';
  }
}

function describeSigner({ authority, subject, issuer, keyFingerprint, signedAt, logs }: Signer): string {
  const whom = subject === undefined ? `the key ${(keyFingerprint ?? '').slice(0, 16)}…` : `${subject}, says ${issuer}`;
  const when = signedAt === undefined ? 'at a time that nobody testifies' : `on ${signedAt.toISOString()}`;
  const where = logs.length === 0 ? 'in no log' : `in ${logs.join(' and ')}`;
  return `by ${authority} (${whom}) ${when}, ${where}`;
}

function describeVerdict(verdict: Verdict, paint: Paint): string[] {
  const findings = 'findings' in verdict ? verdict.findings : [];
  const exempted = 'exempted' in verdict ? verdict.exempted : [];
  const lines = [
    ...findings.map(describeFinding),
    ...exempted.map((each) => printable(describeExempted(each))),
    ...(verdict.outcome === 'unknown' && findings.length === 0 ? [`could not tell: ${printable(verdict.reason)}`] : []),
  ];
  const weight = { enforce: '', warn: ' (a warning)', audit: ' (a note)' }[verdict.mode];
  return lines.length === 0
    ? []
    : [`  ${paint('bold', verdict.rule.id)}${weight}`, ...lines.map((text) => `    ${text}`)];
}

function line(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${printable(text)}`;
}
