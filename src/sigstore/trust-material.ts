import { createHash } from 'node:crypto';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type TrustMaterial, toTrustMaterial } from '@sigstore/verify';
import { failure, type Result, success } from '../k8s/result.ts';
import type { TrustRoot } from './tasks.ts';

/** What is verified against; keys of the configuration are added for each demand. */
export type Trust = Omit<TrustMaterial, 'publicKey'>;

/** There are a handful at most, and each costs milliseconds. */
const KEPT = 16;

/** Trust roots as the verifier takes them, kept by their fingerprint. */
export class TrustMaterials {
  readonly #kept = new Map<string, Trust>();

  /** @throws if the text is not a trusted root: nobody should have been given one that is not */
  of(root: TrustRoot): Trust {
    const kept = this.#kept.get(root.fingerprint);
    if (kept) return kept;
    const trust = parse(root.text);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(root.fingerprint, trust);
    return trust;
  }
}

/** Checks that a text is a trusted_root.json that can verify something, or says what is wrong with it. */
export function readTrustRoot(text: string): Result<TrustRoot, string> {
  let trust: Trust;
  try {
    trust = parse(text);
  } catch (error) {
    return failure(`it is not a trusted_root.json: ${error instanceof Error ? error.message : error}`);
  }
  if (trust.certificateAuthorities.length === 0 && trust.tlogs.length === 0) {
    return failure('it has neither certificate authorities nor transparency logs');
  }
  for (const { certChain } of [...trust.certificateAuthorities, ...trust.timestampAuthorities]) {
    const last = certChain.at(-1);
    if (last === undefined || !last.subject.equals(last.issuer)) {
      return failure(
        'a chain of certificates in it does not end in a self-signed one: put the root of the chain behind it',
      );
    }
  }
  return success({ text, fingerprint: createHash('sha256').update(text).digest('hex') });
}

function parse(text: string): Trust {
  return toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(text)));
}
