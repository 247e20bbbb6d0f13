import { refuses } from '../../engine/answer.ts';
import { unknown } from '../../engine/fact.ts';
import type { Verdict } from '../../engine/review.ts';
import { makeSubject } from '../../engine/subject.ts';
import type { ImageSource, World } from '../../facts/ports.ts';
import type { ImageAnswer } from '../../images/evidence.ts';
import { judge } from '../../judge.ts';
import { parseImageReference } from '../../k8s/core/image-reference.ts';
import type { Policy } from '../../rules/define.ts';
import { isFile } from '../../sigstore/handed-files.ts';
import type { CommandContext } from '../shared/context.ts';
import { type ImageFlags, openImages } from '../shared/images.ts';
import { Misuse, quote } from '../shared/misuse.ts';
import type { Progress } from '../shared/terminal.ts';
import { type AuthorityFlags, policyFor } from './policy.ts';
import type { VerifiedImage } from './report.ts';

const OCI_SCHEME = 'oci://';

/** Images and charts in registries, or in a layout directory. @throws Misuse @throws ConfigError */
export async function verifyImages(
  flags: AuthorityFlags & Pick<ImageFlags, 'layout'>,
  typed: readonly string[],
  context: CommandContext,
  progress: Progress,
): Promise<readonly VerifiedImage[]> {
  const images = await Promise.all(typed.map(imageOf));
  const policy = await policyFor(flags, images);
  const open = await openImages(policy.settings.images, flags, context);
  const verified: VerifiedImage[] = [];
  try {
    for (const [index, image] of images.entries()) {
      progress.say(`verifying ${image}`);
      const found = await verifyImage(image, policy, open.source, context);
      verified.push({ ...found, image: typed[index] ?? image });
    }
  } finally {
    await open.close();
  }
  return verified;
}

/** Helm writes oci:// before charts; in the registry they are stored as images are. */
async function imageOf(typed: string): Promise<string> {
  const image = typed.startsWith(OCI_SCHEME) ? typed.slice(OCI_SCHEME.length) : typed;
  // A file's name mostly reads as an image of Docker Hub, which would be said to be absent there.
  if (await isFile(typed)) {
    throw new Misuse(
      `${quote(typed)} is a file: name its signature, too, as in verify ${typed} --bundle ${typed}.sigstore.json (\`cosign sign-blob --bundle\` writes it); an image of that name is typed with its registry, docker.io/…`,
    );
  }
  if (parseImageReference(image)) return image;
  throw new Misuse(
    `${quote(typed)} is no image: expected registry/name:tag, registry/name@sha256:… or oci://registry/chart:version; files are verified with --bundle BUNDLE`,
  );
}

/** Nothing but the image is judged. */
const NO_CLUSTER: World = {
  list: async () => unknown('no cluster is asked'),
  read: async () => unknown('no cluster is asked'),
};

async function verifyImage(
  image: string,
  policy: Policy,
  source: ImageSource,
  { now, signal }: CommandContext,
): Promise<Omit<VerifiedImage, 'image'>> {
  let answer: ImageAnswer | undefined;
  const images: ImageSource = {
    async evidence(...asked) {
      answer = await source.evidence(...asked);
      return answer;
    },
  };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers: [{ name: 'verified', image }] } };
  const subject = makeSubject({ object: pod, now: now() });
  const { verdicts } = await judge(subject, policy, { cluster: NO_CLUSTER, images }, signal);
  return { outcome: outcomeOf(verdicts), answer, verdicts: verdicts.filter(({ outcome }) => outcome !== 'pass') };
}

function outcomeOf(verdicts: readonly Verdict[]): VerifiedImage['outcome'] {
  const refusing = verdicts.filter(refuses);
  if (refusing.some(({ outcome }) => outcome === 'fail')) return 'refused';
  return refusing.length > 0 ? 'unknown' : 'accepted';
}
