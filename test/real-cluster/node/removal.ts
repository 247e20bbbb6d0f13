const SCRIPT = `
name=$1
folder=$2
for file in /run/netns/"$name"-*; do
  [ -e "$file" ] || continue
  namespace=\${file##*/}
  tries=0
  while [ -n "$(ip netns pids "$namespace")" ] && [ $tries -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  ip netns delete "$namespace"
done
ip link delete "$name" 2>/dev/null
for task in "$folder"/*/lib/containerd/io.containerd.runtime.v2.task/k8s.io/*; do
  [ -d "$task" ] || continue
  find /sys/fs/cgroup -depth -type d -path "*/k8s.io/\${task##*/}*" -exec rmdir {} +
done
find /sys/fs/cgroup -maxdepth 2 -type d -name k8s.io -exec rmdir {} + 2>/dev/null
true
`;

/**
 * The command that removes what a cluster leaves behind on this machine when its processes have been killed: network namespaces, once
 * their last process has ended, the interface, and the cgroups of its containers. A shell script, because the watchdog has to run it.
 */
export function removalCommand(network: string, folder: string): readonly string[] {
  return ['/bin/sh', '-c', SCRIPT, 'removal', network, folder];
}
