import type { Log } from './setup-error.ts';

/**
 * Runs something slow under a label. On a terminal the seconds count up in place; in a pipe one line says that it
 * began, so that a log of a long build shows a sign of life. Either way one line says how it ended.
 */
export async function withProgress<T>(label: string, log: Log, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 1000);
  const terminal = process.stderr.isTTY === true;
  const clear = '\r\u001b[K';
  let ticker: NodeJS.Timeout | undefined;
  if (terminal) {
    process.stderr.write(`${label} …`);
    ticker = setInterval(() => process.stderr.write(`${clear}${label} … ${seconds()} s`), 1000);
  } else {
    log(`${label} …`);
  }
  let outcome = 'failed after';
  try {
    const result = await work();
    outcome = 'done in';
    return result;
  } finally {
    clearInterval(ticker);
    if (terminal) {
      process.stderr.write(clear);
    }
    log(`${label}: ${outcome} ${seconds()} s`);
  }
}
