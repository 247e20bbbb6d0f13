import { ConfigError, loadConfig, parseConfig } from '../../config/load.ts';
import { type Config, defaultPolicy } from '../../config/resolve.ts';
import type { ImagesSettings } from '../../images/settings.ts';
import { parseImageReference } from '../../k8s/core/image-reference.ts';
import type { Policy } from '../../rules/define.ts';
import { readKeyFile } from '../../sigstore/key-file.ts';
import { Misuse } from '../shared/misuse.ts';

/** Flags that say who has to have signed, and by which keys that is verified. */
export type AuthorityFlags = {
  readonly config: string | undefined;
  readonly 'trusted-root': string | undefined;
  readonly key: string | undefined;
  readonly 'certificate-identity': string | undefined;
  readonly 'certificate-oidc-issuer': string | undefined;
};

/**
 * What has to hold: by the configuration, by a key or an identity that was named, else by Qdrant's signatures.
 * @param images that a key or an identity is to be asked of; none where files are verified
 * @throws Misuse
 * @throws ConfigError
 */
export async function policyFor(flags: AuthorityFlags, images: readonly string[]): Promise<Policy> {
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

async function namedAuthority(flags: AuthorityFlags): Promise<object | undefined> {
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

/** Files lie in no registry, and a policy names one. */
const NO_REGISTRY = 'registry.invalid';

/** A configuration of one authority for the registries of these images; of SBOM and scans it asks nothing. */
function namedConfig(authority: object, images: readonly string[]): Config {
  const registries = images.map((image) => parseImageReference(image)?.registry ?? NO_REGISTRY);
  const config = {
    version: 1,
    namespaces: [{ names: ['verify'], profile: 'private' }],
    images: {
      authorities: { named: authority },
      policies: [
        {
          images: registries.length === 0 ? [NO_REGISTRY] : [...new Set(registries)],
          authorities: ['named'],
          sbom: { level: 'off' },
        },
      ],
    },
  };
  return parseConfig(JSON.stringify(config), 'what was named on the command line');
}
