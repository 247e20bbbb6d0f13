import { ConfigError } from '../../config/load.ts';
import { type CommandContext, EXIT } from '../shared/context.ts';
import type { Colour } from '../shared/flags.ts';
import { writeReport } from '../shared/formats.ts';
import { Misuse } from '../shared/misuse.ts';
import { createProgress, paintFor } from '../shared/terminal.ts';
import { verifyFiles } from './files.ts';
import { VERIFY_FORMATS } from './formats.ts';
import { verifyImages } from './images.ts';
import type { AuthorityFlags } from './policy.ts';
import type { VerifyOutcome, VerifyReport } from './report.ts';

export type VerifyFlags = AuthorityFlags & {
  readonly layout: string | undefined;
  readonly bundle: readonly string[] | undefined;
  readonly format: keyof typeof VERIFY_FORMATS;
  readonly color: Colour;
};

/** `verify`: who signed images, charts and files, and whether that is as the policies want it. */
export async function verify(flags: VerifyFlags, typed: readonly string[], context: CommandContext): Promise<number> {
  let verified: Pick<VerifyReport, 'images' | 'files'>;
  try {
    verified = await verifyAll(flags, typed, context);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.stderr.write(`${error.problems.join('\n')}\n`);
    return EXIT.usage;
  }
  const exitCode = exitCodeOf([...verified.images, ...verified.files].map(({ outcome }) => outcome));
  const report = { ...verified, exitCode, program: context.program, paint: paintFor(flags.color, context) };
  await writeReport(VERIFY_FORMATS[flags.format], report, context.stdout);
  return exitCode;
}

async function verifyAll(
  flags: VerifyFlags,
  typed: readonly string[],
  context: CommandContext,
): Promise<Pick<VerifyReport, 'images' | 'files'>> {
  const { bundle: bundles = [], layout } = flags;
  if (bundles.length > 0 && layout !== undefined) {
    throw new Misuse('expected --layout for images, or --bundle for files, and not both');
  }
  const progress = createProgress(context.stderr);
  try {
    return bundles.length > 0
      ? { images: [], files: await verifyFiles(flags, { paths: typed, bundles }, context, progress) }
      : { images: await verifyImages(flags, typed, context, progress), files: [] };
  } finally {
    progress.clear();
  }
}

function exitCodeOf(outcomes: readonly VerifyOutcome[]): number {
  if (outcomes.includes('refused')) return EXIT.refused;
  return outcomes.includes('unknown') ? EXIT.unknown : EXIT.accepted;
}
