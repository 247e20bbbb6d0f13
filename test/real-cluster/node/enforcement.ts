import { ensureBinaries } from '../harness/binaries.ts';
import type { Component } from '../harness/components.ts';
import { SERVICE_RANGE } from '../harness/control-plane.ts';
import type { Log } from '../harness/setup-error.ts';
import type { NodeCluster } from './node.ts';

const HEALTH_PORT = 20_244;

/**
 * Starts what enforces NetworkPolicies on a node: kube-router as a firewall and nothing else, beside kube-proxy and the
 * bridge plugin. It denies a moment later: a test waits for a denied connection.
 */
export async function enforcePolicies(cluster: NodeCluster, node: string, log: Log): Promise<Component> {
  const { 'kube-router': kubeRouter } = await ensureBinaries(['kube-router'], log);
  // Else pods of one node reach each other past the firewall. It is a setting of the network namespace.
  const bridged = await cluster.nodeExec(node, 'sysctl', ['-w', 'net.bridge.bridge-nf-call-iptables=1']);
  if (bridged.code !== 0) throw new Error(`bridge netfilter could not be switched on: ${bridged.stderr}`);
  return cluster.startOnNode(node, 'kube-router', kubeRouter, [
    '--run-firewall=true',
    '--run-router=false',
    '--run-service-proxy=false',
    '--enable-cni=false',
    `--kubeconfig=${cluster.kubeconfig}`,
    `--hostname-override=${node}`,
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    `--health-port=${HEALTH_PORT}`,
  ]);
}
