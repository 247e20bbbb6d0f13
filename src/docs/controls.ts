/** The framework that each prefix of a control id stands for, with its version. */
export const CONTROL_FRAMEWORKS: Readonly<Record<string, string>> = {
  cis: 'CIS Kubernetes Benchmark 1.12',
  gdpr: 'GDPR, Article',
  hipaa: 'HIPAA Security Rule, 45 CFR',
  nsa: 'NSA/CISA Kubernetes Hardening Guidance 1.2',
  pss: 'Pod Security Standards 1.37',
  soc2: 'SOC 2 trust services criteria',
};

/** Groups control ids by framework, in the order above: `CIS Kubernetes Benchmark 1.12: 5.2.2, 5.2.3`. */
export function describeControls(controls: readonly string[]): string[] {
  return Object.entries(CONTROL_FRAMEWORKS).flatMap(([prefix, framework]) => {
    const ids = controls.filter((id) => id.startsWith(`${prefix}:`)).map((id) => id.slice(prefix.length + 1));
    return ids.length > 0 ? [`${framework}: ${ids.join(', ')}`] : [];
  });
}
