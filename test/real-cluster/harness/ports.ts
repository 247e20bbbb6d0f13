import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const FIRST = 20_000;
const LAST = 29_999;
const TRIES = 200;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * Loopback ports that nobody listens on. They lie below the ranges from which systems take ports for outgoing connections (and below
 * Kubernetes' node ports), so that none is taken that way between this answer and its use.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count && tries < TRIES; tries += 1) {
    const port = randomInt(FIRST, LAST + 1);
    if (await isFree(port)) {
      ports.add(port);
    }
  }
  if (ports.size < count) {
    throw new Error(`no ${count} free ports found on 127.0.0.1 between ${FIRST} and ${LAST}`);
  }
  return [...ports];
}
