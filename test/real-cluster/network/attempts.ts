/** A connection that is tried, by TCP; with `ask`, a question to the DNS at that address, by UDP. */
export interface Attempt {
  readonly host: string;
  readonly port: number;
  readonly ask?: string;
}

/** What came of it. Refused and never answered are both "denied": plugins do either. */
export type Outcome = 'open' | 'denied';

/** As long as a test waits for an answer that does not come. */
const PATIENCE_MS = 2000;

/** A script for Node.js that tries all of them at once, and prints its outcomes as JSON, in the same order. */
export function attemptScript(attempts: readonly Attempt[]): string {
  return `
    const { connect } = require('node:net');
    const { Resolver } = require('node:dns').promises;
    const open = ({ host, port }) => new Promise((resolve) => {
      const socket = connect({ host, port, timeout: ${PATIENCE_MS} });
      const end = (outcome) => { socket.destroy(); resolve(outcome); };
      socket.on('connect', () => end('open'));
      socket.on('timeout', () => end('denied')).on('error', () => end('denied'));
    });
    const asked = async ({ host, port, ask }) => {
      const resolver = new Resolver({ timeout: ${PATIENCE_MS}, tries: 1 });
      resolver.setServers([host + ':' + port]);
      return resolver.resolve4(ask).then(() => 'open', () => 'denied');
    };
    Promise.all(${JSON.stringify(attempts)}.map((each) => each.ask ? asked(each) : open(each)))
      .then((outcomes) => { console.log(JSON.stringify(outcomes)); process.exit(); });`;
}
