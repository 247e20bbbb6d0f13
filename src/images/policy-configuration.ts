import { z } from 'zod';
import { parseImageReference, parseRegistryScope, registryScope } from '../k8s/core/image-reference.ts';
import type { Authority } from './authorities.ts';
import { SEVERITIES } from './evidence.ts';
import { type ImagePolicy, type ImageSet, SBOM_LEVELS } from './settings.ts';

/** YAML 1.1, which Helm and kubectl read, takes an unquoted `off` for the boolean. */
const off = z.union([z.literal('off'), z.literal(false).transform(() => 'off' as const)]);

const scope = z
  .string()
  .refine(
    (text) => parseRegistryScope(text) !== undefined,
    'expected a registry by its host, and whole path segments where only a part is meant: registry.example.com/team',
  );

const repository = z
  .string()
  .refine(isRepository, 'expected one repository with its registry, and no tag: registry.example.com/team/loader');

/** The fields that say which images are meant. */
export const imageSet = {
  images: z
    .array(scope)
    .min(1)
    .optional()
    .describe('Images of these registries, or of parts of them by whole path segments: docker.io/qdrant.'),
  repositories: z.array(repository).min(1).optional().describe('Images of these repositories, and of none below them.'),
};

/** Why a set of images is none. */
export function imageSetProblem({ images, repositories }: SetEntry): string | undefined {
  return images === undefined && repositories === undefined ? 'expected images or repositories' : undefined;
}

interface SetEntry {
  readonly images?: readonly string[] | undefined;
  readonly repositories?: readonly string[] | undefined;
}

const name = z.string().min(1).describe('One of authorities.');
const names = z.array(name).min(1, 'expected at least one of authorities');

/** An entry of `images.policies`. */
export const policy = z
  .strictObject({
    ...imageSet,
    signature: z
      .union([z.literal('required'), off], { error: 'expected required or off' })
      .default('required')
      .describe('Whether these images have to be signed.'),
    authorities: names.optional().describe('Who signs these images.'),
    require: z
      .enum(['any', 'all'])
      .optional()
      .describe('Whether one of the authorities is enough, which is so where it is left out, or each has to sign.'),
    annotations: z
      .record(z.string().min(1), z.string())
      .optional()
      .describe('Annotations that a signature has to carry to count: cosign sign -a key=value.'),
    sbom: z
      .strictObject({
        level: z
          .union([z.enum(SBOM_LEVELS), off], { error: `expected one of off, ${SBOM_LEVELS.join(', ')}` })
          .default('bound')
          .describe(
            'present: the index of the image names one. bound: that was read, and is about the image. signed: an authority has signed it.',
          ),
        authorities: names.optional().describe('Whose signature counts; left out: the authorities of the policy.'),
      })
      .prefault({})
      .describe('The software bill of materials of these images.'),
    scan: z
      .strictObject({
        authorities: names.describe('Whose reports count: `cosign attest --type vuln`.'),
        scanners: z
          .array(z.string().min(1))
          .default([])
          .describe('The URIs or names of scanners, as reports give them; left out: any.'),
        maxAgeDays: z.int().min(1).max(365).default(7).describe('How old the newest report may be.'),
        refuse: z
          .array(z.enum(SEVERITIES))
          .min(1, `expected at least one of ${SEVERITIES.join(', ')}`)
          .default(['CRITICAL', 'HIGH'])
          .describe('Vulnerabilities of these severities refuse.'),
        vexAuthorities: names.optional().describe('Who may set a vulnerability aside by a signed VEX statement.'),
      })
      .optional()
      .describe(
        'Where reports of vulnerabilities come from, and what they have to say; left out: admissions carry a warning.',
      ),
    provenance: z
      .strictObject({
        authorities: names.describe('Whose SLSA provenance counts.'),
        builders: z.array(z.string().min(1)).min(1).describe('The ids of builders, each as a whole.'),
        sources: z
          .array(z.string().min(1))
          .default([])
          .describe('Repositories of source, each as a whole; left out: any.'),
      })
      .optional()
      .describe('What may have built these images; left out: nothing is asked.'),
  })
  .superRefine((entry, context) => {
    const complain = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', path, message });
    const problem = imageSetProblem(entry);
    if (problem !== undefined) complain(problem);
    const { signature, authorities, sbom } = entry;
    if (signature === 'off') {
      for (const field of ['require', 'annotations'] as const) {
        if (entry[field] !== undefined) complain('is not used: signature is off', field);
      }
    } else if (authorities === undefined)
      complain('expected at least one of authorities: who signs these images', 'authorities');
    if (sbom.level === 'off' && sbom.authorities) complain('is not used: level is off', 'sbom', 'authorities');
    if (sbom.level === 'signed' && !sbom.authorities && !authorities) {
      complain('expected at least one of authorities: who signs it', 'sbom', 'authorities');
    }
    if (signature === 'off' && authorities && (sbom.level === 'off' || sbom.authorities)) {
      complain('is not used: signature is off', 'authorities');
    }
  })
  .describe('What holds for some images. An image that several of these hold for has to meet each.');

type PolicyEntry = z.infer<typeof policy>;

/** Which authorities an entry names, and in which field. */
export function namedBy(entry: PolicyEntry): { readonly name: string; readonly path: readonly (string | number)[] }[] {
  const { authorities, sbom, scan, provenance } = entry;
  const lists = [
    { path: ['authorities'], names: authorities },
    { path: ['sbom', 'authorities'], names: sbom.authorities },
    { path: ['scan', 'authorities'], names: scan?.authorities },
    { path: ['scan', 'vexAuthorities'], names: scan?.vexAuthorities },
    { path: ['provenance', 'authorities'], names: provenance?.authorities },
  ];
  return lists.flatMap(({ path, names: each = [] }) =>
    each.map((text, index) => ({ name: text, path: [...path, index] })),
  );
}

/** What rules are told of an entry that the schema has accepted. */
export function policyOf(entry: PolicyEntry, authorities: ReadonlyMap<string, Authority>): ImagePolicy {
  const { signature, authorities: signers = [], require = 'any', annotations = {}, sbom, scan, provenance } = entry;
  const named = new Set(namedBy(entry).map(({ name: text }) => text));
  return {
    images: imageSetOf(entry),
    ...(signature === 'required' && { signature: { authorities: signers, require, annotations } }),
    ...(sbom.level !== 'off' && { sbom: { level: sbom.level, authorities: sbom.authorities ?? signers } }),
    ...(scan && { scan: { ...scan, vexAuthorities: scan.vexAuthorities ?? [] } }),
    ...(provenance && { provenance }),
    authorities: [...named].flatMap((text) => authorities.get(text) ?? []),
  };
}

/** The same of the fields that say which images are meant. */
export function imageSetOf({ images = [], repositories = [] }: SetEntry): ImageSet {
  return { scopes: images.map(registryScope), repositories: repositories.map(registryScope) };
}

function isRepository(text: string): boolean {
  const parsed = parseRegistryScope(text);
  if (!parsed || parsed.path === '') return false;
  const reference = parseImageReference(text);
  // On docker.io a runtime puts library/ before a name without a path: what is written must be what is meant.
  return reference?.repository === parsed.path && reference.tag === undefined;
}
