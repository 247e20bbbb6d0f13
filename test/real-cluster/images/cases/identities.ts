import type { WorkflowRun } from '../../signing/oidc-issuer.ts';
import type { AskerName } from '../askers.ts';
import type { Case } from '../case.ts';
import { EMAIL, RELEASE } from '../stage.ts';

const NEITHER = { cosign: 'refuses', ours: 'refuses' } as const;
const ANY_OF_THE_OWNER =
  "the pattern of Qdrant's page takes every repository, workflow and git ref of the owner; the fields of the certificate are compared here";

function signedBy(run: Partial<WorkflowRun>, asker: AskerName, name: string): Pick<Case, 'name' | 'stage' | 'asker'> {
  return { name, asker, stage: (at) => at.signed('legacy', { run: { ...RELEASE, ...run } }) };
}

/** Signatures that verify, of signers that one may not trust. */
export const IDENTITIES: readonly Case[] = [
  { ...signedBy({}, 'exact subject', 'the subject in full'), cosign: 'accepts', ours: 'accepts' },
  { ...signedBy({}, 'documented pattern', "the pattern of Qdrant's page"), cosign: 'accepts', ours: 'accepts' },
  {
    ...signedBy({ repository: 'qdrant-evil/qdrant' }, 'release', 'an owner whose name begins alike'),
    ...NEITHER,
    because: /qdrant-evil/,
  },
  {
    ...signedBy({ ref: 'refs/heads/main' }, 'release', 'a branch'),
    cosign: 'accepts',
    ours: 'refuses',
    because: /refs\/heads\/main/,
    difference: ANY_OF_THE_OWNER,
  },
  {
    ...signedBy({ ref: 'refs/pull/7/merge', event: 'pull_request' }, 'release', "a stranger's pull request"),
    cosign: 'accepts',
    ours: 'refuses',
    because: /refs\/pull\/7\/merge/,
    difference: ANY_OF_THE_OWNER,
  },
  {
    ...signedBy({ event: 'pull_request_target' }, 'release', "the trigger pull_request_target, at the release's tag"),
    cosign: 'accepts',
    ours: 'refuses',
    because: /pull_request_target/,
    difference: ANY_OF_THE_OWNER,
  },
  {
    ...signedBy({ workflow: '.github/workflows/test.yml' }, 'release', 'another workflow of the repository'),
    cosign: 'accepts',
    ours: 'refuses',
    because: /test\.yml/,
    difference: ANY_OF_THE_OWNER,
  },
  {
    ...signedBy({ repository: 'qdrant/landing-page' }, 'release', 'another repository of the owner'),
    cosign: 'accepts',
    ours: 'refuses',
    because: /landing-page/,
    difference: ANY_OF_THE_OWNER,
  },
  {
    ...signedBy(
      { repository: 'evil/fork', workflowRepository: 'qdrant/qdrant' },
      'release',
      "the release's workflow, called from a stranger's repository",
    ),
    cosign: 'accepts',
    ours: 'refuses',
    because: /evil/,
    difference:
      'the subject names the workflow, which anybody may call; for which repository it ran is in other fields, which are compared here',
  },
  {
    ...signedBy(
      { repository: 'evil/fork', workflowRepository: 'qdrant/qdrant' },
      'exact subject',
      'the same, where only the subject is asked for',
    ),
    cosign: 'accepts',
    ours: 'accepts',
  },
  {
    ...signedBy(
      { repository: 'evil/r', workflow: '.github/workflows/w.yml', ref: 'refs/heads/github.com/qdrant/x' },
      'pattern without scheme',
      "a branch whose name reads like Qdrant's address",
    ),
    cosign: 'accepts',
    ours: 'refuses',
    because: /does not match/,
    difference: 'cosign looks for a pattern anywhere in the subject; here a pattern matches the whole',
  },
  {
    ...signedBy(
      { workflow: '.github/workflows/docker-image.yml@refs/heads/x/.github/workflows/y.yml' },
      'pattern with open dots',
      'a workflow whose path holds a git ref',
    ),
    cosign: 'accepts',
    ours: 'accepts',
  },
  {
    name: "the release's subject, by another issuer",
    stage: (at) => at.signed('legacy', { issuer: at.otherWorkflows }),
    asker: 'exact subject',
    ...NEITHER,
    because: /issuer/,
  },
  {
    name: "the release's fields, by another issuer",
    stage: (at) => at.signed('bundle', { issuer: at.otherWorkflows }),
    asker: 'release',
    ...NEITHER,
    because: /issuer/,
  },
  {
    name: 'an issuer that is configured with a slash at its end',
    stage: (at) => at.signed('legacy'),
    asker: 'exact subject, issuer with a slash',
    ...NEITHER,
    because: /issuer/,
  },
  {
    name: 'a person, where a workflow is asked for',
    stage: (at) => at.signed('bundle', { email: EMAIL }),
    asker: 'release',
    ...NEITHER,
    because: /issuer/,
  },
  {
    name: 'a key, where a certificate is asked for',
    stage: (at) => at.signed('legacy, no services', { key: 'own' }),
    asker: 'release',
    ...NEITHER,
    because: /no authority that is asked for is a key/,
  },
  {
    name: 'a certificate, where a key is asked for',
    stage: (at) => at.signed('legacy'),
    asker: 'own key, logged',
    ...NEITHER,
    because: /names another key/,
  },
  {
    name: 'another key',
    stage: (at) => at.signed('legacy, no services', { key: 'other' }),
    asker: 'own key',
    ...NEITHER,
    because: /not one of this key/,
  },
  {
    name: 'another key, a bundle',
    stage: (at) => at.signed('bundle, no services', { key: 'other' }),
    asker: 'own key',
    ...NEITHER,
    because: /not one of this key/,
  },
];
