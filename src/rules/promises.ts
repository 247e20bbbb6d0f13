/** A sentence of Qdrant's security page, and the controls that keeping it supports. */
interface SecurityPromise {
  readonly title: string;
  /** Ids as `docs/controls.ts` knows them. */
  readonly controls: readonly string[];
}

/** One row per promise; its id is the folder of its rules. */
export const PROMISES = {
  access: {
    title: 'Access restricted and audited',
    controls: [
      'soc2:CC6.1',
      'soc2:CC6.2',
      'soc2:CC6.3',
      'soc2:CC6.8',
      'soc2:CC7.2',
      'hipaa:164.308(a)(4)',
      'hipaa:164.312(a)(1)',
      'hipaa:164.312(b)',
      'gdpr:32(1)(b)',
      'gdpr:32(4)',
    ],
  },
  containers: {
    title: 'Hardened containers running unprivileged',
    controls: [
      'soc2:CC6.1',
      'soc2:CC6.8',
      'hipaa:164.312(a)(1)',
      'hipaa:164.308(a)(5)(ii)(B)',
      'gdpr:25',
      'gdpr:32(1)(b)',
      'nsa:Kubernetes Pod security',
    ],
  },
  images: {
    title: 'Signed images of known origin',
    controls: ['soc2:CC6.8', 'soc2:CC8.1', 'hipaa:164.312(c)(1)', 'gdpr:32(1)(b)', 'nsa:Kubernetes Pod security'],
  },
  network: {
    title: 'Network isolated, and no way out for data',
    controls: [
      'soc2:CC6.1',
      'soc2:CC6.6',
      'hipaa:164.312(a)(1)',
      'hipaa:164.312(e)(1)',
      'gdpr:32(1)(b)',
      'nsa:Network separation and hardening',
    ],
  },
  resources: {
    title: 'Dedicated resources for every cluster',
    controls: ['soc2:A1.1', 'hipaa:164.308(a)(7)(i)', 'gdpr:32(1)(b)'],
  },
  storage: {
    title: "Storage encrypted at rest, with the customer's key where asked",
    controls: ['soc2:CC6.1', 'soc2:CC6.7', 'hipaa:164.312(a)(2)(iv)', 'gdpr:32(1)(a)'],
  },
} as const satisfies Readonly<Record<string, SecurityPromise>>;

export type PromiseId = keyof typeof PROMISES;
