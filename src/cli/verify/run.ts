import { ConfigError, loadConfig, parseConfig } from '../../config/load.ts';
import { type Config, defaultPolicy } from '../../config/resolve.ts';
import { refuses } from '../../engine/answer.ts';
import { unknown } from '../../engine/fact.ts';
import type { Verdict } from '../../engine/review.ts';
import { makeSubject } from '../../engine/subject.ts';
import type { ImageSource, World } from '../../facts/ports.ts';
import type { ImageAnswer } from '../../images/evidence.ts';
import type { ImagesSettings } from '../../images/settings.ts';
import { judge } from '../../judge.ts';
import { parseImageReference } from '../../k8s/core/image-reference.ts';
import type { Policy } from '../../rules/define.ts';
import { readKeyFile } from '../../sigstore/key-file.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';
import type { Colour } from '../shared/flags.ts';
import { writeReport } from '../shared/formats.ts';
import { type OpenImages, openImages } from '../shared/images.ts';
import { Misuse, quote } from '../shared/misuse.ts';
import { createProgress, paintFor } from '../shared/terminal.ts';
import { VERIFY_FORMATS } from './formats.ts';
import type { VerifiedImage, VerifyReport } from './report.ts';

export type VerifyFlags = {
  readonly config: string | undefined;
  readonly layout: string | undefined;
  readonly 'trusted-root': string | undefined;
  readonly key: string | undefined;
  readonly 'certificate-identity': string | undefined;
  readonly 'certificate-oidc-issuer': string | undefined;
  readonly format: keyof typeof VERIFY_FORMATS;
  readonly color: Colour;
};

const OCI_SCHEME = 'oci://';

/** `verify`: who signed images, and whether that is as the policies want it. */
export async function verify(flags: VerifyFlags, typed: readonly string[], context: CommandContext): Promise<number> {
  const images = typed.map(imageOf);
  let policy: Policy;
  let open: OpenImages;
  try {
    policy = await policyFor(flags, images);
    open = await openImages(policy.settings.images, flags, context);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.stderr.write(`${error.problems.join('\n')}\n`);
    return EXIT.usage;
  }
  const progress = createProgress(context.stderr);
  const verified: VerifiedImage[] = [];
  try {
    for (const [index, image] of images.entries()) {
      progress.say(`verifying ${image}`);
      const found = await verifyImage(image, policy, open.source, context);
      verified.push({ ...found, image: typed[index] ?? image });
    }
  } finally {
    progress.clear();
    await open.close();
  }
  const exitCode = exitCodeOf(verified);
  const report: VerifyReport = {
    images: verified,
    exitCode,
    program: context.program,
    paint: paintFor(flags.color, context),
  };
  await writeReport(VERIFY_FORMATS[flags.format], report, context.stdout);
  return exitCode;
}

/** Helm writes oci:// before charts; in the registry they are stored as images are. */
function imageOf(typed: string): string {
  const image = typed.startsWith(OCI_SCHEME) ? typed.slice(OCI_SCHEME.length) : typed;
  if (parseImageReference(image)) return image;
  throw new Misuse(
    `${quote(typed)} is no image: expected registry/name:tag, registry/name@sha256:… or oci://registry/chart:version`,
  );
}

/** What has to hold: by the configuration, by a key or an identity that was named, else by Qdrant's signatures. */
async function policyFor(flags: VerifyFlags, images: readonly string[]): Promise<Policy> {
  const { config: file, 'trusted-root': trustedRoot } = flags;
  const named = await namedAuthority(flags);
  if (file !== undefined && named) throw new Misuse('expected --config, or a key or an identity, and not both');
  const config = named ? namedConfig(named, images) : file === undefined ? undefined : await loadConfig(file);
  const policy = firstOf(config) ?? defaultPolicy('private', { verify: true });
  if (policy.settings.images.verification !== 'on') {
    throw new Misuse('the configuration has no images verified: expected images.verify: true, or policies');
  }
  const settings: ImagesSettings = {
    ...policy.settings.images,
    // Whoever names an image here wants its registry asked.
    allowedRegistries: undefined,
    ...(trustedRoot !== undefined && { trustRoots: rootsFrom(trustedRoot, policy.settings.images) }),
  };
  return {
    ...policy,
    settings: { ...policy.settings, images: settings },
    exemptions: [],
    rules: policy.rules.filter(({ rule: { id, needs } }) => id === 'image-policy' || needs.includes('imageEvidence')),
  };
}

function firstOf(config: Config | undefined): Policy | undefined {
  const [first] = config?.namespaces.values() ?? [];
  return first;
}

/** Whatever trust root an authority names, the file takes its place. */
function rootsFrom(file: string, { policies, trustRoots }: ImagesSettings): ImagesSettings['trustRoots'] {
  const names = policies.flatMap(({ authorities }) => authorities.flatMap(({ trustRoot }) => trustRoot ?? []));
  return { ...trustRoots, ...Object.fromEntries(names.map((name) => [name, { file }])) };
}

async function namedAuthority(flags: VerifyFlags): Promise<object | undefined> {
  const { key, 'certificate-identity': subject, 'certificate-oidc-issuer': issuer } = flags;
  if ((subject === undefined) !== (issuer === undefined)) {
    throw new Misuse('expected --certificate-identity and --certificate-oidc-issuer together');
  }
  if (key !== undefined && subject !== undefined) throw new Misuse('expected a key or an identity, and not both');
  if (key !== undefined) {
    const publicKey = await readKeyFile(key);
    if (!publicKey.ok) throw new ConfigError([publicKey.error]);
    return { key: { publicKey: publicKey.value, transparencyLogs: 0 } };
  }
  return subject === undefined ? undefined : { keyless: { identities: [{ subject, issuer }] } };
}

/** A configuration of one authority for the registries of these images; of SBOM and scans it asks nothing. */
function namedConfig(authority: object, images: readonly string[]): Config {
  const registries = images.map((image) => parseImageReference(image)?.registry ?? '');
  const config = {
    version: 1,
    namespaces: [{ names: ['verify'], profile: 'private' }],
    images: {
      authorities: { named: authority },
      policies: [{ images: [...new Set(registries)], authorities: ['named'], sbom: { level: 'off' } }],
    },
  };
  return parseConfig(JSON.stringify(config), 'what was named on the command line');
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

function exitCodeOf(images: readonly VerifiedImage[]): number {
  if (images.some(({ outcome }) => outcome === 'refused')) return EXIT.refused;
  return images.some(({ outcome }) => outcome === 'unknown') ? EXIT.unknown : EXIT.accepted;
}
