import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Verdict } from '../engine/review.ts';
import type { Mode } from '../engine/rule.ts';

/** Why a request was not even judged. A closed set: labels must stay few. */
export const BAD_REQUESTS = [
  'method',
  'path',
  'content-type',
  'content-encoding',
  'too-large',
  'busy',
  'not-utf8',
  'escaped-letters',
  'too-deep',
  'too-costly',
  'not-json',
  'not-a-review',
  'aborted',
] as const;
export type BadRequestReason = (typeof BAD_REQUESTS)[number];

/** What can be reloaded while running. */
export type Reloadable = 'configuration' | 'certificate';

/** What holds for a time, and what held once. */
interface Counted {
  readonly active: readonly unknown[];
  readonly expired: readonly unknown[];
}

/** Everything that is counted, in one registry of its own. */
export interface Metrics {
  answered(operation: string, allowed: boolean, code: number, seconds: number): void;
  verdict(rule: string, outcome: Verdict['outcome'], mode: Mode): void;
  threw(): void;
  badRequest(reason: BadRequestReason): void;
  reload(what: Reloadable, succeeded: boolean): void;
  tlsError(): void;
  certificateExpires(at: Date): void;
  /** How to ask, at each scrape, how many exemptions hold and how many have expired. */
  exemptions(read: () => Counted): void;
  /** The same of attestations. */
  attestations(read: () => Counted): void;
  /** How to ask, at each scrape, which namespaces are protected, and which of them are not there. */
  protectedNamespaces(
    read: () => Promise<{ readonly names: readonly string[]; readonly missing: readonly string[] | undefined }>,
  ): void;
  /** A watch on this kind (by its plural) failed. */
  watchError(plural: string): void;
  /** How to ask, at each scrape, for the seconds since each watch last had contact. */
  contactAges(read: () => ReadonlyMap<string, number>): void;
  /** The text that Prometheus scrapes, and its content type. */
  expose(): Promise<{ readonly type: string; readonly text: string }>;
}

const PREFIX = 'qdrant_admission_';
const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** @param build what runs, and in which Node */
export function createMetrics(build: { readonly version: string; readonly node: string }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: `${PREFIX}requests_total`,
    help: 'Admission reviews answered. Code 200 is an allow.',
    labelNames: ['operation', 'allowed', 'code'],
    registers,
  });
  const duration = new Histogram({
    name: `${PREFIX}request_duration_seconds`,
    help: 'From the last byte of a review to its answer.',
    buckets: DURATION_BUCKETS,
    registers,
  });
  const verdicts = new Counter({
    name: `${PREFIX}verdicts_total`,
    help: 'Verdicts other than pass, by rule.',
    labelNames: ['rule', 'outcome', 'mode'],
    registers,
  });
  const throws = new Counter({
    name: `${PREFIX}throws_total`,
    help: 'Reviews whose judgement failed by a fault of this program.',
    registers,
  });
  const badRequests = new Counter({
    name: `${PREFIX}bad_requests_total`,
    help: 'Requests that could not be judged, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const reloads = new Counter({
    name: `${PREFIX}reload_failures_total`,
    help: 'Changed files that could not be used; the last good ones stay in force.',
    labelNames: ['what'],
    registers,
  });
  const reloaded = new Gauge({
    name: `${PREFIX}last_reload_successful`,
    help: '1 where the newest file is in force, 0 where an older one is because the newest cannot be used.',
    labelNames: ['what'],
    registers,
  });
  const tlsErrors = new Counter({
    name: `${PREFIX}tls_client_errors_total`,
    help: 'Connections that failed before or in their TLS handshake.',
    registers,
  });
  const expiry = new Gauge({
    name: `${PREFIX}certificate_expiry_timestamp_seconds`,
    help: 'When the serving certificate expires, in seconds since 1970.',
    registers,
  });
  const watchErrors = new Counter({
    name: `${PREFIX}watch_errors_total`,
    help: 'Watches on the cluster that failed and were started again.',
    labelNames: ['resource'],
    registers,
  });
  const { version, node } = build;
  new Gauge({
    name: `${PREFIX}build_info`,
    help: 'Always 1: the version of the program that runs, and of the Node that it runs in.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node }, 1);
  for (const reason of BAD_REQUESTS) badRequests.inc({ reason }, 0);
  for (const what of ['configuration', 'certificate'] as const) {
    reloads.inc({ what }, 0);
    reloaded.set({ what }, 1);
  }

  function standing(name: string, help: string, read: () => Counted): void {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames: ['state'],
      registers,
      collect() {
        const { active, expired } = read();
        this.set({ state: 'active' }, active.length);
        this.set({ state: 'expired' }, expired.length);
      },
    });
  }

  return {
    answered(operation, allowed, code, seconds) {
      requests.inc({ operation, allowed: String(allowed), code });
      duration.observe(seconds);
    },
    verdict: (rule, outcome, mode) => verdicts.inc({ rule, outcome, mode }),
    threw: () => throws.inc(),
    badRequest: (reason) => badRequests.inc({ reason }),
    reload(what, succeeded) {
      if (!succeeded) reloads.inc({ what });
      reloaded.set({ what }, succeeded ? 1 : 0);
    },
    tlsError: () => tlsErrors.inc(),
    certificateExpires: (at) => expiry.set(at.getTime() / 1000),
    exemptions: (read) =>
      standing('exemptions', 'Exemptions of the configuration in force, by whether they still hold.', read),
    attestations: (read) =>
      standing('attestations', 'Attestations of the configuration in force, by whether they still hold.', read),
    protectedNamespaces(read) {
      new Gauge({
        name: `${PREFIX}protected_namespaces`,
        help: 'Namespaces that the configuration protects, by whether they exist. A name that is misspelt protects nothing.',
        labelNames: ['exists'],
        registers,
        async collect() {
          const { names, missing } = await read();
          // What cannot be told is left out: it is neither there nor missing.
          this.reset();
          if (!missing) return;
          this.set({ exists: 'true' }, names.length - missing.length);
          this.set({ exists: 'false' }, missing.length);
        },
      });
    },
    watchError: (plural) => watchErrors.inc({ resource: plural }),
    contactAges(read) {
      new Gauge({
        name: `${PREFIX}watch_contact_age_seconds`,
        help: 'Since the API server was last heard of. What is too old counts as unknown.',
        labelNames: ['resource'],
        registers,
        collect() {
          for (const [resource, age] of read()) this.set({ resource }, age);
        },
      });
    },
    expose: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}
