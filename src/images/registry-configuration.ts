import { z } from 'zod';
import { parseRegistryScope, registryScope } from '../k8s/core/image-reference.ts';
import type { RegistrySettings } from './registry-settings.ts';

const scope = z
  .string()
  .refine(
    (text) => parseRegistryScope(text) !== undefined,
    'expected a registry by its host, and whole path segments where only a part is meant: registry.example.com/team',
  );

const file = z
  .string()
  .regex(/^\//, 'expected an absolute path: the program may be started in any directory')
  .describe('Absolute path of a file; it is read again when it changes.');

const privateHost = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?$/,
    'expected a host in lower case, with its port where it is not 443: storage.example.com:9000',
  )
  .refine((text) => !text.endsWith(':443'), 'leave out :443, which is what a host without a port means');

const registry = z
  .strictObject({
    registry: scope.describe(
      'Which images this is about: a registry, or a part of one by whole path segments. Of several entries that hold an image the one with the longest path counts, and it alone.',
    ),
    mirrors: z
      .array(scope)
      .default([])
      .describe(
        "Where these images are asked for instead, in this order: registry.internal/mirror/qdrant for docker.io/qdrant. The rest of the image's path is appended. A mirror may have private addresses; its credentials and certificates are those of its own entry.",
      ),
    fallBack: z
      .boolean()
      .default(false)
      .describe('Ask the registry itself where no mirror has the image, or none can be reached.'),
    credentialsFile: file
      .optional()
      .describe(
        'Absolute path of a docker config JSON file with auths, as a mounted Secret of type kubernetes.io/dockerconfigjson; read again when it changes. Credential helpers are not run.',
      ),
    caFile: file
      .optional()
      .describe(
        'Absolute path of certificates in PEM, for this host alone: its certificate has to be signed by one of them, and public authorities no longer count. Read again when it changes.',
      ),
    insecure: z
      .boolean()
      .default(false)
      .describe('Plain HTTP. Whoever is in between reads credentials and forges tags.'),
    privateAddresses: z
      .boolean()
      .default(false)
      .describe(
        "The registry's name may lead to private, loopback and cluster addresses. Never to link-local addresses and metadata services.",
      ),
    privateHosts: z
      .array(privateHost)
      .default([])
      .describe(
        'Hosts that this registry may send to for blobs and tokens although their addresses are private. To public addresses it may send anyway.',
      ),
  })
  .refine(({ fallBack, mirrors }) => !fallBack || mirrors.length > 0, {
    path: ['fallBack'],
    error: 'expected mirrors beside it: without them the registry itself is asked anyway',
  })
  .describe('How a registry, or a part of one, is reached.');

/** `images.registries` of the configuration: what needs nothing special has no entry. */
export const registriesSchema = z
  .array(registry)
  .superRefine((entries, context) => {
    const seen = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      const { registry, path } = registryScope(entry.registry);
      const key = `${registry}/${path}`;
      if (seen.has(key)) {
        context.addIssue({ code: 'custom', path: [index, 'registry'], message: 'this registry has an entry already' });
      }
      seen.add(key);
    }
  })
  .default([])
  .describe(
    'How registries are reached, where that takes more than their name: mirrors, credentials, certificates, private addresses. Which registries may be used at all is said by the rule image-registry.',
  );

/** What the OCI client is told, of the checked configuration. */
export function resolveRegistries(entries: z.infer<typeof registriesSchema>): RegistrySettings {
  return {
    registries: entries.map(({ registry, mirrors, ...entry }) => ({
      ...entry,
      scope: registryScope(registry),
      mirrors: mirrors.map(registryScope),
    })),
  };
}
