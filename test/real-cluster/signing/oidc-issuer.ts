import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** GitHub's issuer of tokens for workflows, whose name certificates bear. */
export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';

const KEY_ID = 'test';
const TOKEN_SECONDS = 3600;

/** A run of a GitHub workflow, as its token tells of it. */
export interface WorkflowRun {
  /** `qdrant/qdrant` */
  readonly repository: string;
  /** `.github/workflows/docker-image.yml`; of another repository where it is a reusable one. */
  readonly workflow: string;
  readonly workflowRepository?: string;
  readonly ref: string;
  readonly event?: string;
}

/** Issues tokens, and serves what proves them: one key for any number of issuers, which differ by their URLs. */
export interface TokenIssuer {
  /** A token of a workflow's run, by whatever issuer. */
  workflowToken(run: WorkflowRun, issuer?: string): string;
  /** A token of a person who has proved to have this address. */
  emailToken(email: string, issuer: string): string;
  /** Answers for an issuer whose URL ends with this path. */
  serve(issuer: string, path: string, response: ServerResponse): void;
}

export function createTokenIssuer(): TokenIssuer {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = createPrivateKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const jwk = createPublicKey(key).export({ format: 'jwk' });

  const token = (issuer: string, claims: object): string => {
    const now = Math.floor(Date.now() / 1000);
    const body = { iss: issuer, aud: 'sigstore', iat: now - 5, nbf: now - 5, exp: now + TOKEN_SECONDS, ...claims };
    const signed = [{ alg: 'RS256', typ: 'JWT', kid: KEY_ID }, body]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  };

  return {
    workflowToken: (run, issuer = GITHUB_ISSUER) => token(issuer, workflowClaims(run)),
    emailToken: (email, issuer) => token(issuer, { sub: email, email, email_verified: true }),
    serve(issuer, path, response) {
      const keys = { keys: [{ ...jwk, use: 'sig', alg: 'RS256', kid: KEY_ID }] };
      const answers: Readonly<Record<string, object>> = {
        '/.well-known/openid-configuration': discovery(issuer),
        '/keys': keys,
      };
      const answer = answers[path];
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    },
  };
}

function discovery(issuer: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/keys`,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

/** The claims of GitHub's tokens, every one of which Fulcio wants. */
function workflowClaims({
  repository,
  workflow,
  workflowRepository = repository,
  ref,
  event = 'push',
}: WorkflowRun): object {
  const [owner = ''] = repository.split('/');
  const commit = 'c0ffee00'.repeat(5);
  const workflowRef = `${workflowRepository}/${workflow}@${ref}`;
  return {
    sub: `repo:${repository}:ref:${ref}`,
    job_workflow_ref: workflowRef,
    job_workflow_sha: commit,
    workflow_ref: workflowRef,
    workflow_sha: commit,
    workflow: 'Release',
    sha: commit,
    ref,
    event_name: event,
    repository,
    repository_id: '268163609',
    repository_owner: owner,
    repository_owner_id: '73504361',
    repository_visibility: 'public',
    runner_environment: 'github-hosted',
    run_id: '4711',
    run_attempt: '1',
  };
}
