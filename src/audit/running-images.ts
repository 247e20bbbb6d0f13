import type { Finding } from '../engine/rule.ts';
import type { Subject } from '../engine/subject.ts';
import type { ImageSource, Ports } from '../facts/ports.ts';
import type { Authority } from '../images/authorities.ts';
import type { ImageAnswer } from '../images/evidence.ts';
import { judgeSignature } from '../images/judge-signature.ts';
import { authoritiesOf, isAllowed, policiesFor } from '../images/matching.ts';
import type { ImageProblem } from '../images/problem.ts';
import { isPartOf, type RunningImage, runningDigest, runningImages, runsAnother } from '../images/running-images.ts';
import type { ImagePolicy } from '../images/settings.ts';
import { type ImageReference, parseImageReference } from '../k8s/core/image-reference.ts';
import type { Policy } from '../rules/define.ts';
import { imageSignature } from '../rules/images/image-signature.ts';

/**
 * A policy whose rule image-signature says of this pod, too, what its nodes run instead of what was verified. Only an audit
 * asks that: at admission nothing runs yet, and the status of a pod is written by its node.
 */
export async function withRunningImages(
  subject: Subject,
  policy: Policy,
  { images }: Ports,
  signal: AbortSignal,
): Promise<Policy> {
  const isOn = policy.rules.some(({ rule }) => rule.id === imageSignature.id);
  if (!images || !isOn) return policy;
  const findings: Finding[] = [];
  for (const running of runningImages(subject.object)) {
    const problem = await problemOf(running, policy, images, signal);
    if (problem) findings.push(findingOf(running, problem));
  }
  if (findings.length === 0) return policy;
  const rule: typeof imageSignature = {
    ...imageSignature,
    check: (context) => [
      ...imageSignature.check(context),
      // An exemption may have the rule judge the pod's owner, which runs nothing itself.
      ...(context.object === subject.object ? findings : []),
    ],
  };
  return {
    ...policy,
    rules: policy.rules.map((active) => (active.rule.id === rule.id ? { ...active, rule } : active)),
  };
}

function findingOf({ field, name, imageId }: RunningImage, problem: ImageProblem): Finding {
  return { path: field, name, value: imageId, ...problem };
}

/** Undefined where it runs what was verified, and where the rule says of the image itself that it may not run. */
async function problemOf(
  { image, imageId }: RunningImage,
  { settings: { images: settings } }: Policy,
  source: ImageSource,
  signal: AbortSignal,
): Promise<ImageProblem | undefined> {
  const reference = parseImageReference(image);
  if (!reference || !isAllowed(reference, settings.allowedRegistries)) return undefined;
  const policies = policiesFor(reference, settings.policies).filter(({ signature }) => signature);
  if (policies.length === 0) return undefined;
  const digest = runningDigest(imageId);
  if (digest === undefined) {
    const unknown = 'it names the configuration of an image, and no manifest';
    return { required: 'delete the pod, so that its image is pulled from its registry', unknown };
  }
  // The same question as that of the rules, so that its answer is remembered.
  const authorities = authoritiesOf(policiesFor(reference, settings.policies));
  const named = await source.evidence(reference, authorities, signal);
  if (named.state === 'unreachable') return { required: 'try again', unknown: named.reason };
  if (named.state !== 'found' || isPartOf(digest, named.evidence)) return undefined;
  if (reference.digest !== undefined) return runsAnother(digest, named.evidence.digest);
  return movedTag(reference, digest, named.evidence.digest, { source, policies, authorities, signal });
}

interface Question {
  readonly source: ImageSource;
  readonly policies: readonly ImagePolicy[];
  readonly authorities: readonly Authority[];
  readonly signal: AbortSignal;
}

/** A tag may have been moved since the pod was started: what it stood for then has to be signed as well. */
async function movedTag(
  { registry, repository }: ImageReference,
  digest: string,
  current: string,
  { source, policies, authorities, signal }: Question,
): Promise<ImageProblem | undefined> {
  const pinned = { registry, repository, digest };
  const answer: ImageAnswer = await source.evidence(pinned, authorities, signal);
  if (answer.state === 'unreachable') return { required: 'try again', unknown: answer.reason };
  if (answer.state !== 'found') return runsAnother(digest, current);
  const problems = policies.flatMap(({ signature }) =>
    signature ? (judgeSignature(answer.evidence, signature, pinned) ?? []) : [],
  );
  const untold = problems.find(({ unknown }) => unknown !== undefined);
  if (problems.length > 0) return untold ?? runsAnother(digest, current);
  return {
    required: `pin ${registry}/${repository}@${digest}, or delete the pod`,
    tolerated: `it is signed, and its tag stands for ${current} now`,
  };
}
