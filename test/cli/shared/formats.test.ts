import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { AUDIT_FORMATS } from '../../../src/cli/audit/formats.ts';
import { DIFF_FORMATS } from '../../../src/cli/network/diff/formats.ts';
import { EXPLAIN_FORMATS } from '../../../src/cli/network/explain/formats.ts';
import { PLAN_FORMATS } from '../../../src/cli/network/plan/formats.ts';
import { PROBE_FORMATS } from '../../../src/cli/network/probe/formats.ts';
import { REVIEW_FORMATS } from '../../../src/cli/review/formats.ts';
import { type FormatRow, type Formats, formatFlag, writeReport } from '../../../src/cli/shared/formats.ts';
import { CLASSES_FORMATS } from '../../../src/cli/storage/classes/formats.ts';
import { runProgram } from '../../support/command-line.ts';

/** Another format: a row, and what it loads. */
const lines: FormatRow<readonly string[]> = {
  brief: 'a line each',
  schemaFile: 'docs/lines.schema.json',
  load: async () => ({ write: (report) => report.map((line) => `${line}\n`) }),
};
const words: FormatRow<readonly string[]> = { brief: 'in one line', load: async () => ({ write: (report) => report }) };

describe('a table of formats', () => {
  it('makes the flag: its values, the first of them unless told, and what each is for', () => {
    expect(formatFlag({ words, lines })).toEqual({
      kind: 'enum',
      values: ['words', 'lines'],
      default: 'words',
      brief: 'words: in one line; lines: a line each (docs/lines.schema.json)',
    });
  });

  it.each([
    ['audit', AUDIT_FORMATS],
    ['network diff', DIFF_FORMATS],
    ['network explain', EXPLAIN_FORMATS],
    ['network plan', PLAN_FORMATS],
    ['network probe', PROBE_FORMATS],
    ['review', REVIEW_FORMATS],
    ['storage classes', CLASSES_FORMATS],
  ])('of %s: each can be loaded, and describes what it prints for programs', async (command, formats) => {
    const { stdout } = await runProgram([...command.split(' '), '--help']);
    const names = Object.keys(formats);
    expect(stdout).toContain(`[${names.join('|')}, default = ${names[0]}]`);
    for (const { load, schemaFile } of Object.values(formats as unknown as Formats<never>)) {
      const { schema } = await load();
      expect(schema !== undefined).toBe(schemaFile !== undefined);
      if (schemaFile !== undefined) await access(resolve(import.meta.dirname, '../../..', schemaFile));
    }
  });
});

describe('a report', () => {
  it('is written to its end, no faster than it is read', async () => {
    let made = 0;
    const row: FormatRow<number> = {
      brief: '',
      load: async () => ({
        *write(pieces) {
          for (; made < pieces; made++) yield 'x'.repeat(1000);
        },
      }),
    };
    const stream = new PassThrough({ highWaterMark: 5000 });
    const written = writeReport(row, 100, stream).then(() => stream.end());
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeLessThan(20);
    expect(await text(stream)).toHaveLength(100_000);
    await written;
    expect(made).toBe(100);
  });

  it('ends where nobody takes it any more', async () => {
    const failing = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => done(new Error('gone')) });
    failing.on('error', () => {});
    await writeReport(lines, Array(10).fill('x'), failing);
    const closing = new PassThrough({ highWaterMark: 1 });
    setImmediate(() => closing.destroy());
    await writeReport(lines, Array(10).fill('x'), closing);
    expect([failing.destroyed, closing.destroyed]).toEqual([true, true]);
  });
});
