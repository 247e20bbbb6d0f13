import { setTimeout as sleep } from 'node:timers/promises';
import { type Lifetimes, lifetimesProblem } from '../../certificates/lifetimes.ts';
import { type RotationStepResult, runRotationStep } from '../../certificates/rotation-step.ts';
import type { Leaf } from '../../certificates/trust-state.ts';
import type { ServingCertificate } from '../../runtime/certificate-files.ts';
import type { Log } from '../../telemetry/log.ts';
import type { KubeClient } from '../client.ts';
import { issueAuthority, issueLeaf, type ServerNames } from './issuer.ts';
import { type CertificateLocation, createCertificateStore } from './store.ts';

export interface CertificateSettings extends CertificateLocation, ServerNames {
  readonly lifetimes: Lifetimes;
  /** How often to check, in milliseconds. What is due earlier is done when it is due. */
  readonly everyMs: number;
}

export interface CertificatesOptions {
  readonly client: Pick<KubeClient, 'request' | 'read'>;
  readonly settings: CertificateSettings;
  /** Is called with the certificate to serve from now on, and again later if it rejects. */
  readonly onLeaf: (certificate: ServingCertificate) => void | Promise<void>;
  /** Stops the rotation. */
  readonly signal: AbortSignal;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

export interface CertificatesStatus {
  /** When the serving certificate expires; undefined until there is one. */
  readonly expires?: Date;
  /** When nothing was left to do, because the Secret and the webhook configuration agreed; undefined if never yet. */
  readonly settled?: Date;
  /** Why the last check failed; undefined if it succeeded. */
  readonly problem?: string;
}

export interface Certificates {
  /** Whether a certificate is being served that has not expired. */
  healthy(): boolean;
  status(): CertificatesStatus;
  /** Resolves after the signal; never rejects. */
  readonly done: Promise<void>;
}

/**
 * A check costs two small reads. If somebody overwrites the webhook configuration, calls fail until the next check
 * restores its bundle.
 */
export const DEFAULT_EVERY_MS = 10_000;

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
/** How often to check while there is no webhook configuration: from its creation, calls fail until it has a bundle. */
const UNREGISTERED_EVERY_MS = 2000;
/** Gives the replica that wrote first time for its next step. */
const AFTER_LOST_RACE_MS = 200;
/** No rotation takes this many steps in a row. If there are more, somebody keeps undoing them. */
const MOST_STEPS_IN_A_ROW = 10;

/**
 * Keeps the certificates valid and trusted until the signal fires: issues what is missing or due, publishes the
 * authorities to the API servers, and hands out each new serving certificate. Any number of replicas may do this with
 * the same Secret.
 * @throws RangeError if the lifetimes cannot work
 */
export function runCertificates({ client, settings, onLeaf, signal, now, log }: CertificatesOptions): Certificates {
  const problem = lifetimesProblem(settings.lifetimes);
  if (problem) throw new RangeError(problem);

  let serving: Leaf | undefined;
  let settled: number | undefined;
  let failure: string | undefined;
  let damage = '';

  const store = createCertificateStore({
    ...settings,
    client,
    names: settings,
    signal,
    onDamage(problems) {
      const text = problems.join('; ');
      if (text !== damage) log.warn({ secret: settings.secret, problems }, 'the certificate Secret is damaged');
      damage = text;
    },
  });
  const issuer = {
    authority: issueAuthority,
    leaf: (authority: Parameters<typeof issueLeaf>[0], validity: Parameters<typeof issueLeaf>[2]) =>
      issueLeaf(authority, settings, validity),
  };

  async function serve(leaf: Leaf): Promise<void> {
    if (serving?.certificate === leaf.certificate) return;
    const { certificate: cert, key, notAfter } = leaf;
    await onLeaf({ cert, key, expires: new Date(notAfter) });
    serving = leaf;
    log.info({ expires: new Date(notAfter).toISOString() }, 'serving with a new certificate');
  }

  /** Returns how long to pause after a step, in milliseconds. */
  function pauseAfter({ step, done, isRegistered }: RotationStepResult, stepsInARow: number): number {
    if (step.do === 'wait') {
      damage = '';
      settled = now();
      const every = isRegistered ? settings.everyMs : Math.min(settings.everyMs, UNREGISTERED_EVERY_MS);
      // Slightly later than due, so that the step really is due, and not at the same time in all replicas.
      return Math.min(jitter(every), Math.max(0, step.until - now()) + jitter(AFTER_LOST_RACE_MS));
    }
    if (!done) return jitter(AFTER_LOST_RACE_MS);
    log.info({ why: step.why, step: step.do }, 'certificates: rotation step done');
    if (stepsInARow < MOST_STEPS_IN_A_ROW) return 0;
    log.warn({ why: step.why }, 'certificates: the same steps are due again and again: something keeps undoing them');
    return jitter(settings.everyMs);
  }

  async function run(): Promise<void> {
    let stepsInARow = 0;
    let retry = FIRST_RETRY_MS;
    while (!signal.aborted) {
      let pause: number;
      try {
        const taken = await runRotationStep({ store, issuer, lifetimes: settings.lifetimes, now, serve });
        stepsInARow = taken.step.do === 'wait' ? 0 : stepsInARow + 1;
        pause = pauseAfter(taken, stepsInARow);
        failure = undefined;
        retry = FIRST_RETRY_MS;
      } catch (error) {
        if (signal.aborted) return;
        failure = error instanceof Error ? error.message : String(error);
        log.error(
          { problem: failure, expires: expiry()?.toISOString() },
          'certificates: the rotation failed, and will be tried again',
        );
        pause = jitter(retry);
        retry = Math.min(2 * retry, LONGEST_RETRY_MS);
      }
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  function expiry(): Date | undefined {
    return serving && new Date(serving.notAfter);
  }

  return {
    healthy: () => serving !== undefined && now() < serving.notAfter,
    status() {
      const expires = expiry();
      return {
        ...(expires && { expires }),
        ...(settled !== undefined && { settled: new Date(settled) }),
        ...(failure !== undefined && { problem: failure }),
      };
    },
    done: run(),
  };
}

/** Returns a random duration from half to one and a half of the given one. */
function jitter(milliseconds: number): number {
  return milliseconds * (0.5 + Math.random());
}
