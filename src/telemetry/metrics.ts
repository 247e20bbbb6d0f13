import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Verdict } from '../engine/review.ts';
import type { Mode } from '../engine/rule.ts';
import type { ImageAnswer } from '../images/evidence.ts';

/** Why a request was refused without being judged. The set is fixed, so that the metric has few label values. */
export const BAD_REQUESTS = [
  'method',
  'path',
  'content-type',
  'content-encoding',
  'too-large',
  'busy',
  'cut',
  'not-utf8',
  'escaped-letters',
  'too-deep',
  'too-costly',
  'too-much',
  'not-json',
  'not-a-review',
  'aborted',
] as const;
export type BadRequestReason = (typeof BAD_REQUESTS)[number];

/** What can be reloaded without a restart. */
export type Reloadable = 'configuration' | 'certificate' | 'trust-root';

/** Things of the configuration that have an end, such as exemptions: those in effect, and those that have expired. */
interface ByExpiry {
  readonly active: readonly unknown[];
  readonly expired: readonly unknown[];
}

/** A trust root in use. */
interface TrustRootAge {
  readonly name: string;
  /** Left out while there is none. */
  readonly readAt?: Date | undefined;
  readonly newestKeySince?: Date | undefined;
}

/** All metrics, in a registry of their own. */
export interface Metrics {
  answered(operation: string, allowed: boolean, code: number, seconds: number): void;
  verdict(rule: string, outcome: Verdict['outcome'], mode: Mode): void;
  threw(): void;
  badRequest(reason: BadRequestReason): void;
  reload(what: Reloadable, succeeded: boolean): void;
  tlsError(): void;
  /** A connection was closed that its caller would have kept. */
  closed(reason: string): void;
  certificateExpires(at: Date): void;
  /** Sets the function that is asked at each scrape which exemptions are in effect, and which have expired. */
  exemptions(read: () => ByExpiry): void;
  /** The same for attestations. */
  attestations(read: () => ByExpiry): void;
  /** Sets the function that is asked at each scrape which namespaces are protected, and which of them do not exist. */
  protectedNamespaces(
    read: () => Promise<{ readonly names: readonly string[]; readonly missing: readonly string[] | undefined }>,
  ): void;
  /** A watch failed. @param plural the kind, by its plural name */
  watchError(plural: string): void;
  /** Sets the function that is asked at each scrape how many seconds ago each watch last heard from the API server. */
  contactAges(read: () => ReadonlyMap<string, number>): void;
  /** Sets the function that is asked at each scrape which trust roots are in use. */
  trustRoots(read: () => readonly TrustRootAge[]): void;
  /** Something was learnt of an image, or could not be. @param origin whether a registry was asked for it */
  imageAnswer(state: ImageAnswer['state'], origin: string): void;
  /** Sets the function that is asked at each scrape of how many images something is known, and how much it takes. */
  imagesKnown(read: () => { readonly images: number; readonly bytes: number }): void;
  /** Returns the text that Prometheus scrapes, and its content type. */
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
    help: 'Reviews that could not be judged because of a bug in this program.',
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
    help: 'Changed files that could not be used. The last good ones stay in use.',
    labelNames: ['what'],
    registers,
  });
  const reloaded = new Gauge({
    name: `${PREFIX}last_reload_successful`,
    help: '1 if the latest version of the file is in use, 0 if it cannot be used and an older one still is.',
    labelNames: ['what'],
    registers,
  });
  const tlsErrors = new Counter({
    name: `${PREFIX}tls_client_errors_total`,
    help: 'Connections that failed before or during their TLS handshake.',
    registers,
  });
  const closed = new Counter({
    name: `${PREFIX}connections_closed_total`,
    help: 'Connections closed to protect the others: they gave way to new ones, never ended their handshake, or asked without waiting for answers.',
    labelNames: ['reason'],
    registers,
  });
  const expiry = new Gauge({
    name: `${PREFIX}certificate_expiry_timestamp_seconds`,
    help: 'When the serving certificate expires, in seconds since the Unix epoch.',
    registers,
  });
  const watchErrors = new Counter({
    name: `${PREFIX}watch_errors_total`,
    help: 'Watches on the cluster that failed and were restarted.',
    labelNames: ['resource'],
    registers,
  });
  const imageAnswers = new Counter({
    name: `${PREFIX}image_answers_total`,
    help: 'Images that a review asked about, by what is known of them, and by whether a registry was asked for it.',
    labelNames: ['state', 'origin'],
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
  for (const what of ['configuration', 'certificate', 'trust-root'] as const) {
    reloads.inc({ what }, 0);
    reloaded.set({ what }, 1);
  }

  function countByExpiry(name: string, help: string, read: () => ByExpiry): void {
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
    closed: (reason) => closed.inc({ reason }),
    certificateExpires: (at) => expiry.set(at.getTime() / 1000),
    exemptions: (read) =>
      countByExpiry(
        'exemptions',
        'Exemptions of the current configuration, by whether they are in effect or have expired.',
        read,
      ),
    attestations: (read) =>
      countByExpiry(
        'attestations',
        'Attestations of the current configuration, by whether they are in effect or have expired.',
        read,
      ),
    protectedNamespaces(read) {
      new Gauge({
        name: `${PREFIX}protected_namespaces`,
        help: 'Namespaces that the configuration protects, by whether they exist. A misspelt name protects nothing.',
        labelNames: ['exists'],
        registers,
        async collect() {
          const { names, missing } = await read();
          // If it cannot be told which namespaces exist, the metric is absent.
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
        help: 'Seconds since a watch last heard from the API server. Facts of a watch that is silent for too long count as unknown.',
        labelNames: ['resource'],
        registers,
        collect() {
          for (const [resource, age] of read()) this.set({ resource }, age);
        },
      });
    },
    trustRoots(read) {
      const gauge = (name: string, help: string, at: (root: TrustRootAge) => Date | undefined) =>
        new Gauge({
          name: `${PREFIX}${name}`,
          help,
          labelNames: ['name'],
          registers,
          collect() {
            this.reset();
            for (const root of read()) this.set({ name: root.name }, (at(root)?.getTime() ?? 0) / 1000);
          },
        });
      gauge(
        'trust_root_read_timestamp_seconds',
        'When a trust root was last read, or its mirror last asked, with success, in seconds since the Unix epoch.',
        ({ readAt }) => readAt,
      );
      gauge(
        'trust_root_newest_key_timestamp_seconds',
        'When the newest key or certificate of a trust root came into use, in seconds since the Unix epoch. One without news for long may have been replaced.',
        ({ newestKeySince }) => newestKeySince,
      );
    },
    imageAnswer: (state, origin) => imageAnswers.inc({ state, origin }),
    imagesKnown(read) {
      new Gauge({
        name: `${PREFIX}images_known`,
        help: 'Images of which something is remembered.',
        registers,
        collect() {
          this.set(read().images);
        },
      });
      new Gauge({
        name: `${PREFIX}images_known_bytes`,
        help: 'An estimate of the memory that what is remembered of images takes.',
        registers,
        collect() {
          this.set(read().bytes);
        },
      });
    },
    expose: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}
