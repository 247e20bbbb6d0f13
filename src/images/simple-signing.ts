import { failure, type Result, success } from '../k8s/result.ts';
import { asObject, at, parseJson } from './json-values.ts';
import { texts } from './statements.ts';

const SIGNATURE_TYPE = 'cosign container image signature';

/**
 * What a payload of the simple signing format says about an image. Its docker-reference is documented as ignored: what
 * counts is the digest.
 * @param digest of the image that it has to be about
 * @returns the annotations that the signer added
 */
export function readSimpleSigning(bytes: Uint8Array, digest: string): Result<Readonly<Record<string, string>>, string> {
  const payload = parseJson(bytes);
  if (asObject(payload) === undefined) return failure('its payload is not JSON');
  if (at(payload, 'critical', 'type') !== SIGNATURE_TYPE) {
    return failure(`the type in its payload is not "${SIGNATURE_TYPE}"`);
  }
  const signed = at(payload, 'critical', 'image', 'docker-manifest-digest');
  if (signed !== digest)
    return failure(`it signs ${typeof signed === 'string' ? signed : 'no digest'}, and not ${digest}`);
  return success(texts(at(payload, 'optional')));
}
