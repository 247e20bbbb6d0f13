import { openLog } from '../../src/telemetry/log.ts';

/**
 * A program that logs far more than the pipe of its standard output holds, and then ends: by itself, as after a
 * SIGTERM (`close`), or at once, as after a second one (`exit`).
 */
const log = openLog(process.stdout, 'info');
for (let i = 0; i < 200; i++) log.info({ i }, 'x'.repeat(100_000));
if (process.argv[2] === 'exit') process.exit(7);
await log.close();
