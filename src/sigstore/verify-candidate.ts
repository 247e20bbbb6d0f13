import { createHash, createPublicKey } from 'node:crypto';
import { RFC3161Timestamp } from '@sigstore/core';
import { type SignedEntity, Verifier } from '@sigstore/verify';
import type { HashAlgorithm } from '../images/authorities.ts';
import { certificateIdentity } from '../images/certificate-identity.ts';
import { readSimpleSigning } from '../images/simple-signing.ts';
import { parseStatement, summarise } from '../images/statements.ts';
import { failure, type Result, success } from '../k8s/result.ts';
import { parseCertificate, purposeProblem } from './certificates.ts';
import { distinctLogs, entriesOfKnownLogs, inUseAt, namesKey } from './log-entries.ts';
import { type LogEntry, type OpenCandidate, openCandidate } from './open-candidate.ts';
import { keyProblem, sameBytes, signatureContent } from './signed-content.ts';
import type { CandidateReport, CandidateTask, Claim, Demand, Proof, Shortfall } from './tasks.ts';
import type { Trust, TrustMaterials } from './trust-material.ts';

/** Certificates do not say with which hash they sign; all of SHA-2 is good. */
const EVERY_HASH: readonly HashAlgorithm[] = ['sha256', 'sha384', 'sha512'];
const NO_TRUST: Trust = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };

/**
 * Verifies a candidate against every authority that can have signed it. Whatever goes wrong means that the candidate does
 * not verify, and never anything else: hostile bytes make the libraries throw in many ways.
 */
export function verifyCandidate(task: CandidateTask, materials: TrustMaterials): Result<CandidateReport, string> {
  const opened = attempt(() => openCandidate(task.candidate, task.file));
  if (!opened.ok) return opened;
  const proofs: Proof[] = [];
  const shortfalls: Shortfall[] = [];
  for (const demand of demandsFor(opened.value, task.demands)) {
    const proof = attempt(() => prove(opened.value, demand, materials));
    if (proof.ok) proofs.push(proof.value);
    else shortfalls.push({ authority: demand.authority, reason: proof.error });
  }
  if (proofs.length === 0) return noProof(opened.value, shortfalls);
  const claim = attempt(() => readClaim(opened.value, task.digest));
  return claim.ok ? success({ proofs, shortfalls, claim: claim.value }) : claim;
}

/** A certificate is nothing to an authority that is a key, but for the older formats, where it may stand beside a key. */
function demandsFor({ certificate, content }: OpenCandidate, demands: readonly Demand[]): readonly Demand[] {
  if (certificate === undefined) return demands.filter((demand) => demand.kind === 'key');
  return demands.filter((demand) => demand.kind === 'keyless' || content.kind === 'simple-signing');
}

function noProof({ certificate }: OpenCandidate, shortfalls: readonly Shortfall[]): Result<CandidateReport, string> {
  if (shortfalls.length > 0) return success({ proofs: [], shortfalls });
  return failure(
    certificate === undefined
      ? 'it is signed with a key, and no authority that is asked for is a key'
      : 'it is signed with a certificate, and no authority that is asked for is keyless',
  );
}

function readClaim({ content }: OpenCandidate, digest: string): Result<Claim, string> {
  // That it is this file's the signature itself has shown.
  if (content.kind === 'file') return success({ annotations: {}, contents: [] });
  if (content.kind === 'simple-signing') {
    const annotations = readSimpleSigning(content.payload, digest);
    return annotations.ok ? success({ annotations: annotations.value, contents: [] }) : annotations;
  }
  const statement = parseStatement(content.payload, digest);
  if (!statement.ok) return statement;
  const contents = summarise(statement.value, digest);
  if (!contents.ok) return contents;
  const { predicateType, annotations } = statement.value;
  return success({ predicateType, annotations, contents: contents.value });
}

function prove(opened: OpenCandidate, demand: Demand, materials: TrustMaterials): Result<Proof, string> {
  return demand.kind === 'keyless' ? proveKeyless(opened, demand, materials) : proveKey(opened, demand, materials);
}

function proveKeyless(
  opened: OpenCandidate,
  demand: Demand & { kind: 'keyless' },
  materials: TrustMaterials,
): Result<Proof, string> {
  if (opened.certificate === undefined) return failure('it has no certificate');
  const signer = parseCertificate(opened.certificate);
  const purpose = purposeProblem(signer);
  if (purpose !== undefined) return failure(purpose);
  const key = createPublicKey({ key: signer.certificate.publicKey, format: 'der', type: 'spki' });
  const weak = keyProblem(key);
  if (weak !== undefined) return failure(`of its certificate, ${weak}`);
  const trust = materials.of(demand.trustRoot);
  const found = knownWitnesses(opened, trust);
  const short = logProblem(found.entries, demand, { kind: 'certificate', der: signer.der }, trust);
  if (short !== undefined) return failure(short);
  const verifier = new Verifier(
    { ...trust, publicKey: neverAsked },
    // A certificate lives for minutes: without a time at which it was used it proves nothing.
    {
      timestampThreshold: 1,
      tlogThreshold: Math.min(demand.transparencyLogs, 1),
      ctlogThreshold: demand.certificateLog ? 1 : 0,
    },
  );
  verifier.verify({
    signature: signatureContent(opened.signed, EVERY_HASH),
    key: { $case: 'certificate', certificate: signer.certificate },
    tlogEntries: [...found.entries],
    timestamps: found.times,
  });
  const signedAt = signingTime(found);
  const retired = retiredLog(found, signedAt, trust);
  if (retired !== undefined) return failure(retired);
  const identity = certificateIdentity(signer.extensions);
  if (!identity.ok) return identity;
  const logs = distinctLogs(found.entries, trust);
  return success({ authority: demand.authority, certificate: identity.value, signedAt, logs });
}

function proveKey(
  opened: OpenCandidate,
  demand: Demand & { kind: 'key' },
  materials: TrustMaterials,
): Result<Proof, string> {
  const key = createPublicKey(demand.publicKey);
  const weak = keyProblem(key);
  if (weak !== undefined) return failure(`of the authority's key, ${weak}`);
  const der = key.export({ type: 'spki', format: 'der' });
  // An authority that asks for no log gives none to verify entries with: what they say does not count.
  const trust = demand.transparencyLogs > 0 && demand.trustRoot ? materials.of(demand.trustRoot) : NO_TRUST;
  const found = knownWitnesses(opened, trust);
  const short = logProblem(found.entries, demand, { kind: 'public-key', der }, trust);
  if (short !== undefined) return failure(short);
  const verifier = new Verifier(
    { ...trust, publicKey: () => ({ publicKey: key, validFor: () => true }) },
    { timestampThreshold: 0, tlogThreshold: Math.min(demand.transparencyLogs, 1), ctlogThreshold: 0 },
  );
  verifier.verify({
    signature: signatureContent(opened.signed, demand.hashAlgorithms),
    key: { $case: 'public-key', hint: '' },
    tlogEntries: [...found.entries],
    timestamps: found.times,
  });
  const signedAt = signingTime(found);
  const retired = retiredLog(found, signedAt, trust);
  if (retired !== undefined) return failure(retired);
  const logs = distinctLogs(found.entries, trust);
  return success({ authority: demand.authority, keyFingerprint: fingerprint(der), signedAt, logs });
}

interface Witnesses {
  readonly entries: readonly LogEntry[];
  readonly times: SignedEntity['timestamps'];
}

/** Those of logs and timestamp authorities that the trust root knows: each of these has to verify. */
function knownWitnesses({ entries, timestamps }: OpenCandidate, trust: Trust): Witnesses {
  const known = entriesOfKnownLogs(entries, trust);
  const times: SignedEntity['timestamps'] = [];
  for (const timestamp of timestamps.map((der) => RFC3161Timestamp.parse(Buffer.from(der)))) {
    const { signerSerialNumber: serial, signerIssuer: issuer } = timestamp;
    const isKnown = trust.timestampAuthorities.some(
      ({ certChain: [leaf] }) => leaf && sameBytes(leaf.serialNumber, serial) && sameBytes(leaf.issuer, issuer),
    );
    if (isKnown) times.push({ $case: 'timestamp-authority', timestamp });
  }
  for (const tlogEntry of known) {
    // Its promise is what signs the time of an entry.
    if (tlogEntry.inclusionPromise) times.push({ $case: 'transparency-log', tlogEntry });
  }
  return { entries: known, times };
}

function logProblem(
  entries: readonly LogEntry[],
  { transparencyLogs }: Demand,
  signer: Parameters<typeof namesKey>[1],
  trust: Trust,
): string | undefined {
  if (entries.some((entry) => !namesKey(entry, signer))) {
    return 'an entry of a transparency log in it names another key than the one that signed, or is of a kind that is not known';
  }
  const logs = distinctLogs(entries, trust).length;
  if (logs >= transparencyLogs) return undefined;
  if (logs > 0) return `${logs} of the trust root's transparency logs hold it, and ${transparencyLogs} have to`;
  return 'it has no entry of a transparency log that the trust root knows (older signatures without one would have to be looked up online, which is not done)';
}

function retiredLog({ entries }: Witnesses, time: Date | undefined, trust: Trust): string | undefined {
  const retired = time !== undefined && entries.some((entry) => !inUseAt(entry, time, trust));
  return retired ? 'the transparency log that holds it was not in use when it was signed' : undefined;
}

/** The earliest time that was verified. */
function signingTime({ times }: Witnesses): Date | undefined {
  const dates = times.map((time) =>
    time.$case === 'timestamp-authority'
      ? time.timestamp.signingTime
      : new Date(Number(time.tlogEntry.integratedTime) * 1000),
  );
  return dates.sort((one, other) => one.getTime() - other.getTime())[0];
}

function neverAsked(): never {
  throw new Error('a certificate was expected, and not a key');
}

function fingerprint(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex');
}

/** What libraries throw, in words. */
const WORDS: readonly (readonly [pattern: RegExp, words: string])[] = [
  [
    /expected \d+ timestamps, got/,
    'no transparency log and no timestamp authority of the trust root testifies when it was signed',
  ],
  [/expected \d+ SCTs, got/, 'its certificate is in no certificate transparency log (no SCT)'],
  [
    /SCT verification failed/,
    'the SCT in its certificate is not one of a certificate transparency log that the trust root knows',
  ],
  [
    /Failed to verify certificate chain/,
    'no certificate authority of the trust root issued its certificate, or the certificate was not valid when it signed',
  ],
  [/signature verification failed/, 'the signature is not one of this key over this content'],
  [
    /timestamp could not be verified/,
    'its timestamp is not one over this signature, by a timestamp authority of the trust root',
  ],
  [
    /inclusion promise could not be verified/,
    'the promise of its transparency log (SET) is not signed by that log, or not at a time at which its key was valid',
  ],
  [
    /checkpoint|inclusion proof|hash count|invalid index/,
    'the proof that its transparency log holds it does not verify',
  ],
  [
    /tlog entry|signature mismatch|digest mismatch|payload hash|signature count|kind\/version|canonicalized body|unsupported/i,
    'its entry of a transparency log is about another signature or another content',
  ],
  [/duplicate/, 'it has the same entry or timestamp twice'],
];

function attempt<T>(work: () => Result<T, string>): Result<T, string> {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const words = WORDS.find(([pattern]) => pattern.test(message))?.[1];
    return failure(words ?? `it cannot be read: ${message}`);
  }
}
