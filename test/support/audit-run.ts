import { type AuditOutput, auditOutputSchema } from '../../src/cli/audit/json.ts';
import { type Ran, runProgram, type Surroundings } from './command-line.ts';

/** Runs `audit`. */
export function audit(args: readonly string[], around?: Surroundings): Promise<Ran> {
  return runProgram(['audit', ...args], around);
}

/** The same with `--format json`; what it prints is held against its schema. */
export async function auditJson(args: readonly string[]): Promise<Ran & { readonly json: AuditOutput }> {
  const ran = await audit(['--format', 'json', ...args]);
  return { ...ran, json: auditOutputSchema.parse(JSON.parse(ran.stdout)) };
}
