import { podFinding } from '../../engine/findings.ts';
import { definePodRule } from '../define.ts';

/** Sysctls that are namespaced and harmless to the node, by the names that the kernel uses with dots. */
const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_notsent_lowat',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_slow_start_after_idle',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

export const sysctls = definePodRule({
  id: 'sysctls',
  title: 'Pods set no sysctls but those that are safe for the node',
  promise: 'containers',
  why: 'Unsafe sysctls change the kernel for every pod of the node, or switch off its protections.',
  fix: 'spec:\n  securityContext:\n    sysctls: []',
  controls: ['pss:sysctls', 'cis:5.7.3'],
  reads: ['spec.securityContext.sysctls[*].name'],
  podSecurity: { check: 'sysctls', level: 'baseline' },
  check: ({ pod }) =>
    (pod.spec.securityContext?.sysctls ?? []).flatMap(({ name }, index) =>
      SAFE_SYSCTLS.has(name ?? '')
        ? []
        : [podFinding(pod, `spec.securityContext.sysctls[${index}].name`, name, 'remove it')],
    ),
});
