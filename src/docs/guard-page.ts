import { GUARD } from '../registration/guard-table.ts';
import { markdownTable } from './markdown-table.ts';

/** Renders docs/operations/guard.md. */
export function guardPage(): string {
  return `# The guard

Whoever may write the webhook configuration, or the objects that the program runs from, can switch it off. RBAC of a whole
cluster rarely says exactly who that is. The chart therefore brings a ValidatingAdmissionPolicy of its own (\`guard.enabled\`,
on by default), which the API server evaluates by itself: it works while the program does not run.

Three kinds of callers are let through in every row:

- members of a group in \`guard.administrators\`. The default is \`system:masters\` and \`kubeadm:cluster-admins\`, the groups of
  the administrators' own certificates, who could remove the guard anyway, and who have to get in when all else fails; and
  \`qdrant-admission:administrators\`, which exists for this: bind it to the people who operate the program;
- users in \`guard.accounts\`: whoever deploys here, such as the service account of Argo CD or Flux;
- the controllers that tidy up (garbage collector, namespace controller) or rewrite stored objects (storage version migrator),
  on UPDATE and DELETE.

Everybody else meets this table. Objects of the release are known by their exact names, those in a namespace only in that of the
release.

${guardTable()}

What is refused says so: \`ValidatingAdmissionPolicy 'qdrant-admission-guard' … denied request: jane is in none of the groups …\`.

## What it does not guard

- **Itself.** The API server asks no policy about policies, or they could lock each other in. Who may write
  \`validatingadmissionpolicies\` and \`validatingadmissionpolicybindings\` decides over the guard: keep that to administrators, by RBAC.
- **Reading.** Admission sees no reads. Who may \`get\` Secrets in the namespace of the release has the key: keep that to nobody.
- **Deleting and evicting its pods.** Kubelets, the scheduler and drains have to; the disruption budget bounds evictions.
- **Nodes.** Whoever is root on a node has what runs there.
- **Helm's own Secrets** (\`sh.helm.release.v1…\`): they are Helm's notes. What they lead to is guarded when it is applied.

Give the namespace of the release to nobody else, and the guard is the second lock on the door rather than the first.

## Install, upgrade, uninstall

The guard's binding is the last object of an installation: whoever has the rights can install. From then on upgrades need an
administrator of \`guard.administrators\` or an account of \`guard.accounts\`; \`kubectl auth whoami\` shows what you are.

On uninstall a hook first deletes the binding, waits until every answer shows that this took effect, and only then deletes
the webhook configuration. Starting that hook is itself guarded: it runs with a service account that may delete both.

Locked out? With the rights to do so:

\`\`\`
kubectl delete validatingadmissionpolicybinding qdrant-admission-guard
\`\`\`

then upgrade with a \`guard.administrators\` that you belong to; the upgrade brings the binding back.

On OpenShift, service accounts get pull secrets from a controller; add
\`system:serviceaccount:openshift-infra:serviceaccount-pull-secrets-controller\` to \`guard.accounts\`.
`;
}

/** The table, for people. */
function guardTable(): string {
  const rows = GUARD.map(({ guarded, operations, which, writers, why }) => [
    guarded.flatMap(({ resources }) => resources).join(', '),
    operations.join(', '),
    which,
    writers.length > 0 ? writers.map(({ who }) => who).join('; ') : 'nobody',
    why,
  ]);
  return markdownTable([['kinds', 'operations', 'which', 'who else', 'what could be done otherwise'], ...rows]);
}
