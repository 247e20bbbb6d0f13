import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { reviewOf } from './reviews.ts';

/**
 * The hostile callers, a process of their own: whatever they cost must not slow down the caller that is measured. Each
 * attack goes on until the process is killed, and begins anew whatever the webhook puts an end to.
 */
export interface AttackRequest {
  readonly attack: AttackName;
  readonly port: number;
  readonly ca: string;
}

const MIB = 1024 * 1024;
const TINY = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const ATTACKS = {
  'reviews of 2.8 MB, 25 at once': attack(25, postRepeatedly, () => request(podOfSize(2.8 * MIB))),
  'reviews of 8 MiB, 8 at once': attack(8, postRepeatedly, () => request(podOfSize(8 * MIB))),
  'hostile JSON, 25 at once': attack(25, postRepeatedly, () => request(emptyObjects())),
  'bodies that lack their last byte, 8 of 8 MiB': attack(8, withhold, () => request(podOfSize(8 * MIB))),
  'bodies that lack their last byte, 1000 of 64 KiB': attack(1000, withhold, () => request(podOfSize(64 * 1024))),
  'a body of 8 MiB, byte by byte': attack(4, drip, () => request(podOfSize(8 * MIB))),
  'answers that nobody reads': attack(30, pipeline, () => request(JSON.stringify(reviewOf('bad')))),
  'answers that nobody reads, to tiny requests': attack(30, pipeline, () => Buffer.from(TINY)),
  'answers that nobody reads, of 1 MiB': attack(30, pipeline, () => request(longUid())),
  'connections that are never used, 1500': attack(1500, idle, () => Buffer.alloc(0)),
} as const;
export type AttackName = keyof typeof ATTACKS;
export const ATTACK_NAMES = Object.keys(ATTACKS) as AttackName[];

type Target = Pick<AttackRequest, 'port' | 'ca'>;

process.on('message', (message: AttackRequest) => ATTACKS[message.attack](message));

/** Many callers at once, each of which begins anew when its connection was closed. */
function attack(callers: number, call: (socket: TLSSocket, bytes: Buffer) => Promise<void>, make: () => Buffer) {
  return async (target: Target): Promise<void> => {
    const bytes = make();
    await Promise.all(
      Array.from({ length: callers }, async () => {
        for (;;) {
          await dial(target)
            .then((socket) => call(socket, bytes))
            .catch(() => undefined);
          await sleep(20);
        }
      }),
    );
  };
}

async function dial({ port, ca }: Target): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

/** Resolves with the next event of this name, or when the connection is closed. */
function next(socket: TLSSocket, event: string): Promise<void> {
  return new Promise((resolve) => {
    function done(): void {
      socket.off(event, done);
      socket.off('close', done);
      resolve();
    }
    socket.once(event, done);
    socket.once('close', done);
  });
}

/** Sends the same request again and again on one connection, and reads the answers. */
async function postRepeatedly(socket: TLSSocket, bytes: Buffer): Promise<void> {
  while (!socket.closed) {
    socket.write(bytes);
    await next(socket, 'data');
  }
}

/** Sends all of a request but its last byte. */
async function withhold(socket: TLSSocket, bytes: Buffer): Promise<void> {
  socket.write(bytes.subarray(0, -1));
  await next(socket.resume(), 'close');
}

/** Sends a request in records of one byte. */
async function drip(socket: TLSSocket, bytes: Buffer): Promise<void> {
  socket.resume();
  for (let i = 0; i < bytes.length && !socket.closed; i++) {
    if (!socket.write(bytes.subarray(i, i + 1))) await next(socket, 'drain');
  }
}

/** Sends requests as fast as they are taken, and reads no answer. */
async function pipeline(socket: TLSSocket, bytes: Buffer): Promise<void> {
  socket.pause();
  const many = Buffer.concat(Array.from({ length: Math.max(1, Math.floor(65_536 / bytes.length)) }, () => bytes));
  while (!socket.closed) {
    if (!socket.write(many)) await next(socket, 'drain');
  }
}

async function idle(socket: TLSSocket): Promise<void> {
  await next(socket.resume(), 'close');
}

function request(body: string): Buffer {
  const head = ['POST /validate?timeout=10s HTTP/1.1', 'Host: a', 'Content-Type: application/json'];
  return Buffer.from(`${[...head, `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`);
}

/** A pod full of environment variables. */
function podOfSize(bytes: number): string {
  const review = JSON.stringify(reviewOf('good'));
  const variables: string[] = [];
  for (let size = review.length, i = 0; ; i++) {
    const variable = `{"name":"ENV_${i}","value":"value-${i}"},`;
    size += variable.length;
    if (size > bytes) break;
    variables.push(variable);
  }
  return review.replace('"env":[', `"env":[${variables.join('')}`);
}

/** As many empty objects as are parsed, in a field that no rule reads: most memory for few bytes. */
function emptyObjects(): string {
  const objects = Array.from({ length: 400_000 }, () => '{}').join(',');
  return JSON.stringify(reviewOf('good')).replace('"spec":{', `"x":[${objects}],"spec":{`);
}

function longUid(): string {
  return JSON.stringify(reviewOf('good', 'u'.repeat(MIB)));
}
