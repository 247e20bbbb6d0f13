import type { Identity, SubjectIdentity, WorkflowIdentity } from './authorities.ts';
import type { CertificateIdentity } from './certificate-identity.ts';

const EVERY_TAG = 'refs/tags/*';
/** Triggers by which a stranger's pull request has its own code run under the identity of the repository. */
const STRANGERS_TRIGGERS: readonly string[] = ['pull_request', 'pull_request_target'];

/**
 * Whether a verified certificate names a signer that the configuration trusts.
 * @returns undefined where it does, and otherwise in words what is different, for messages
 */
export function identityMismatch(certificate: CertificateIdentity, identity: Identity): string | undefined {
  if (certificate.issuer !== identity.issuer) {
    return `its issuer is ${certificate.issuer}, and not ${identity.issuer}`;
  }
  return identity.kind === 'workflow'
    ? workflowMismatch(certificate, identity)
    : subjectMismatch(certificate, identity);
}

function subjectMismatch({ subject }: CertificateIdentity, identity: SubjectIdentity): string | undefined {
  const expected = identity.subject;
  if (typeof expected === 'string') {
    return subject === expected ? undefined : `its subject is ${subject}, and not ${expected}`;
  }
  return expected.matches(subject) ? undefined : `its subject is ${subject}, which ${expected.pattern} does not match`;
}

/**
 * Compares the fields that the issuer filled in, each as a whole. The subject names the workflow that ran, the other
 * fields the repository for which it ran: a reusable workflow can be called from anywhere, so both have to be the owner's.
 */
function workflowMismatch({ subject, build }: CertificateIdentity, identity: WorkflowIdentity): string | undefined {
  const { sourceRepositoryUri: source, sourceRepositoryRef: ref, sourceRepositoryOwnerUri: owner } = build;
  if (source === undefined || ref === undefined || owner === undefined) {
    return 'its certificate does not say for which repository and git ref the workflow ran';
  }
  if (owner !== identity.ownerUri) return `it was built for ${owner}, and not for ${identity.ownerUri}`;
  if (!isRepositoryOf(source, identity.ownerUri)) return `it was built for ${source}, which is not of ${owner}`;
  const workflow = parseWorkflow(subject, identity.ownerUri);
  if (workflow === undefined) return `its workflow ${subject} is not one of a repository of ${identity.ownerUri}`;
  if (build.buildSignerUri !== undefined && build.buildSignerUri !== subject) {
    return `its certificate names two workflows, ${subject} and ${build.buildSignerUri}`;
  }
  for (const repository of [source, workflow.repository]) {
    if (identity.repositories.length > 0 && !identity.repositories.includes(repository)) {
      return `its repository is ${repository}, and not ${identity.repositories.join(' or ')}`;
    }
  }
  if (identity.workflows.length > 0 && !identity.workflows.includes(workflow.path)) {
    return `its workflow is ${workflow.path}, and not ${identity.workflows.join(' or ')}`;
  }
  // A workflow of another repository is named by the one that calls it, whose ref is judged.
  const refs = workflow.repository === source ? [ref, workflow.ref] : [ref];
  const wrong = refs.find((it) => !identity.refs.some((expected) => refMatches(it, expected)));
  if (wrong !== undefined)
    return `its git ref is ${wrong}, and not ${identity.refs.join(' or ') || 'one that is listed'}`;
  if (build.buildTrigger !== undefined && STRANGERS_TRIGGERS.includes(build.buildTrigger)) {
    return `it was built by the trigger ${build.buildTrigger}, which runs code of strangers`;
  }
  return undefined;
}

interface Workflow {
  readonly repository: string;
  readonly path: string;
  readonly ref: string;
}

/**
 * `https://github.com/qdrant/qdrant/.github/workflows/build.yml@refs/tags/v1.2.3`, taken apart. The ref is text of whoever
 * may push: it begins after the first `@`, so nothing in it is taken for a part of the path.
 */
function parseWorkflow(subject: string, ownerUri: string): Workflow | undefined {
  if (!subject.startsWith(`${ownerUri}/`)) return undefined;
  const [, name, path, ref] = /^([^/@?#]+)\/([^@?#]+)@(.+)$/.exec(subject.slice(ownerUri.length + 1)) ?? [];
  if (name === undefined || path === undefined || ref === undefined) return undefined;
  return isName(name) ? { repository: `${ownerUri}/${name}`, path, ref } : undefined;
}

function isRepositoryOf(uri: string, ownerUri: string): boolean {
  return uri.startsWith(`${ownerUri}/`) && isName(uri.slice(ownerUri.length + 1));
}

/** A repository's name as GitHub allows it. */
function isName(text: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(text) && text !== '.' && text !== '..';
}

function refMatches(ref: string, expected: string): boolean {
  if (expected !== EVERY_TAG) return ref === expected;
  const prefix = EVERY_TAG.slice(0, -1);
  return ref.startsWith(prefix) && ref.length > prefix.length;
}
