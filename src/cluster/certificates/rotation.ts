import { setTimeout as sleep } from 'node:timers/promises';
import { type Lifetimes, lifetimesProblem } from '../../certificates/lifetimes.ts';
import { type Round, round } from '../../certificates/rotation-step.ts';
import type { Leaf } from '../../certificates/trust-state.ts';
import type { ServingCertificate } from '../../runtime/certificate-files.ts';
import type { Log } from '../../telemetry/log.ts';
import type { KubeClient } from '../client.ts';
import { issueAuthority, issueLeaf, type ServerNames } from './issuer.ts';
import { type CertificatePlaces, certificateStore } from './store.ts';

export interface CertificateSettings extends CertificatePlaces, ServerNames {
  readonly lifetimes: Lifetimes;
  /** How often to look, in milliseconds; what is due earlier is done when it is due. */
  readonly everyMs: number;
}

export interface CertificatesOptions {
  readonly client: Pick<KubeClient, 'request' | 'read'>;
  readonly settings: CertificateSettings;
  /** Takes what to serve from now on. Where it rejects, it is called again. */
  readonly onLeaf: (certificate: ServingCertificate) => void | Promise<void>;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

export interface CertificatesStatus {
  /** When what is served expires; undefined until something is. */
  readonly expires?: Date;
  /** When the Secret and the webhook configuration were last found, or made, to agree; undefined until they were. */
  readonly settled?: Date;
  /** Why the last look failed; undefined where it did not. */
  readonly problem?: string;
}

export interface Certificates {
  /** Whether a certificate that has not expired is being served. */
  healthy(): boolean;
  status(): CertificatesStatus;
  /** Resolves after the signal; never rejects. */
  readonly done: Promise<void>;
}

/** So long between two looks: two small reads. A configuration that somebody replaced trusts nothing until then. */
export const DEFAULT_EVERY_MS = 10_000;

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
/** As long as there is no webhook configuration: calls fail from the moment it is made. */
const UNREGISTERED_EVERY_MS = 2000;
/** Another replica is at it. */
const AFTER_LOST_RACE_MS = 200;
/** A rotation takes fewer steps; more means that somebody undoes them. */
const MOST_STEPS_IN_A_ROW = 10;

/**
 * Keeps the certificates: issues what is missing or ageing, makes the API servers trust it, and hands out what can be
 * served. Any number of replicas may run this on the same Secret. Throws a RangeError for lifetimes that do not fit.
 */
export function runCertificates({ client, settings, onLeaf, signal, now, log }: CertificatesOptions): Certificates {
  const problem = lifetimesProblem(settings.lifetimes);
  if (problem) throw new RangeError(problem);

  let serving: Leaf | undefined;
  let settled: number | undefined;
  let failure: string | undefined;
  let damage = '';

  const store = certificateStore({
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

  /** How long to pause after a step. */
  function pauseAfter({ step, done, isRegistered }: Round, stepsInARow: number): number {
    if (step.do === 'wait') {
      damage = '';
      settled = now();
      const every = isRegistered ? settings.everyMs : Math.min(settings.everyMs, UNREGISTERED_EVERY_MS);
      // A little after it is due, and not all replicas at once.
      return Math.min(jitter(every), Math.max(0, step.until - now()) + jitter(AFTER_LOST_RACE_MS));
    }
    if (!done) return jitter(AFTER_LOST_RACE_MS);
    log.info({ why: step.why, step: step.do }, 'certificates: a step was taken');
    if (stepsInARow < MOST_STEPS_IN_A_ROW) return 0;
    log.warn({ why: step.why }, 'certificates: no end of steps, somebody undoes them');
    return jitter(settings.everyMs);
  }

  async function run(): Promise<void> {
    let stepsInARow = 0;
    let retry = FIRST_RETRY_MS;
    while (!signal.aborted) {
      let pause: number;
      try {
        const taken = await round({ store, issuer, lifetimes: settings.lifetimes, now, serve });
        stepsInARow = taken.step.do === 'wait' ? 0 : stepsInARow + 1;
        pause = pauseAfter(taken, stepsInARow);
        failure = undefined;
        retry = FIRST_RETRY_MS;
      } catch (error) {
        if (signal.aborted) return;
        failure = error instanceof Error ? error.message : String(error);
        log.error({ problem: failure, expires: expiry()?.toISOString() }, 'certificates: cannot be kept up to date');
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

/** Half of it to one and a half. */
function jitter(milliseconds: number): number {
  return milliseconds * (0.5 + Math.random());
}
