import { ConfigError } from '../../config/load.ts';
import { judgeFile } from '../../images/judge-file.ts';
import { authoritiesOf } from '../../images/matching.ts';
import type { Result } from '../../k8s/result.ts';
import { gatherFileEvidence, type NamedBundle } from '../../sigstore/gather-file-evidence.ts';
import { isFile, readBundleFile, readSignedFile } from '../../sigstore/handed-files.ts';
import type { SignedFile } from '../../sigstore/tasks.ts';
import type { CommandContext } from '../shared/context.ts';
import { openVerification } from '../shared/images.ts';
import { Misuse } from '../shared/misuse.ts';
import type { Progress } from '../shared/terminal.ts';
import { type AuthorityFlags, policyFor } from './policy.ts';
import type { VerifiedFile } from './report.ts';

/** What is verified, and what may speak for it. */
export interface FilesAsked {
  readonly paths: readonly string[];
  readonly bundles: readonly string[];
}

/** Files by the Sigstore bundles that were handed over with them. @throws Misuse @throws ConfigError */
export async function verifyFiles(
  flags: AuthorityFlags,
  { paths, bundles: bundlePaths }: FilesAsked,
  context: CommandContext,
  progress: Progress,
): Promise<readonly VerifiedFile[]> {
  const { images } = (await policyFor(flags, [])).settings;
  const demands = images.policies.flatMap(({ signature }) => signature ?? []);
  if (demands.length === 0)
    throw new Misuse('no policy of the configuration demands a signature: name a key or an identity');
  const bundles: NamedBundle[] = [];
  for (const path of bundlePaths) bundles.push({ name: path, bytes: readable(await readBundleFile(path)) });
  const files: SignedFile[] = [];
  for (const path of paths) {
    progress.say(`reading ${path}`);
    files.push(readable(await readSignedFile(path, context.signal), NOT_AN_IMAGE));
  }
  // Whoever vouches for scans alone has signed no file.
  const names = demands.flatMap(({ authorities }) => authorities);
  const authorities = authoritiesOf(images.policies).filter(({ name }) => names.includes(name));
  const { verification, trustRoots, close } = await openVerification(images, context);
  const by = { bundles, authorities, trustRoots: trustRoots(), verification };
  const verified: VerifiedFile[] = [];
  try {
    for (const file of files) {
      progress.say(`verifying ${file.path}`);
      const evidence = await gatherFileEvidence(file, by, context.signal);
      const classicProvenance = await provenanceOf(file.path);
      verified.push({ file: file.path, evidence, ...judgeFile(evidence, demands), ...classicProvenance });
    }
  } finally {
    await close();
  }
  return verified;
}

const NOT_AN_IMAGE = '; with --bundle all that is named is a file, and images are named without';

/** @throws ConfigError with why it is not there */
function readable<T>(read: Result<T, string>, advice = ''): T {
  if (read.ok) return read.value;
  throw new ConfigError([`${read.error}${advice}`]);
}

/** What `helm package --sign` lays beside the archive of a chart: signed with PGP, which is not verified here. */
async function provenanceOf(path: string): Promise<Pick<VerifiedFile, 'classicProvenance'>> {
  const beside = `${path}.prov`;
  return path.endsWith('.tgz') && (await isFile(beside)) ? { classicProvenance: beside } : {};
}
