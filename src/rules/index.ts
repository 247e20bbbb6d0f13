import type { Rule } from '../engine/rule.ts';
import { bindingMetadata } from './access/binding-metadata.ts';
import { allowPrivilegeEscalation } from './containers/allow-privilege-escalation.ts';
import { appArmorProfile } from './containers/app-armor-profile.ts';
import { capabilitiesBaseline } from './containers/capabilities-baseline.ts';
import { capabilitiesRestricted } from './containers/capabilities-restricted.ts';
import { hostNamespaces } from './containers/host-namespaces.ts';
import { hostPathVolumes } from './containers/host-path-volumes.ts';
import { hostPorts } from './containers/host-ports.ts';
import { hostProbesAndHostLifecycle } from './containers/host-probes-and-host-lifecycle.ts';
import { privileged } from './containers/privileged.ts';
import { procMount } from './containers/proc-mount.ts';
import { procMountRestricted } from './containers/proc-mount-restricted.ts';
import { restrictedVolumes } from './containers/restricted-volumes.ts';
import { runAsNonRoot } from './containers/run-as-non-root.ts';
import { runAsUser } from './containers/run-as-user.ts';
import { seLinuxOptions } from './containers/se-linux-options.ts';
import { seccompProfileBaseline } from './containers/seccomp-profile-baseline.ts';
import { seccompProfileRestricted } from './containers/seccomp-profile-restricted.ts';
import { sysctls } from './containers/sysctls.ts';
import { windowsHostProcess } from './containers/windows-host-process.ts';

/** Every rule, sorted by id. A test holds this list against the folders. */
export const RULES: readonly Rule[] = [
  allowPrivilegeEscalation,
  appArmorProfile,
  bindingMetadata,
  capabilitiesBaseline,
  capabilitiesRestricted,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbesAndHostLifecycle,
  privileged,
  procMount,
  procMountRestricted,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seLinuxOptions,
  seccompProfileBaseline,
  seccompProfileRestricted,
  sysctls,
  windowsHostProcess,
];
