import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import type { Identity, SubjectIdentity, WorkflowIdentity } from '../../src/images/authorities.ts';
import { certificateIdentity } from '../../src/images/certificate-identity.ts';
import { identityMismatch } from '../../src/images/identities.ts';
import { fulcio, subjectNames } from '../support/sigstore/certificates.ts';
import { tlv, utf8 } from '../support/sigstore/der.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const OWNER = 'https://github.com/qdrant';
const SOURCE = `${OWNER}/qdrant`;
const SUBJECT = `${SOURCE}/.github/workflows/docker-image.yml@refs/tags/v1.2.3`;
const BUILD = {
  sourceRepositoryUri: SOURCE,
  sourceRepositoryRef: 'refs/tags/v1.2.3',
  sourceRepositoryOwnerUri: OWNER,
  buildSignerUri: SUBJECT,
  buildTrigger: 'push',
};
const GOOD = { subject: SUBJECT, issuer: ISSUER, build: BUILD };
const WORKFLOW: WorkflowIdentity = {
  kind: 'workflow',
  issuer: ISSUER,
  ownerUri: OWNER,
  repositories: [],
  workflows: [],
  refs: ['refs/tags/*'],
};

/** A certificate whose workflow is this one; the fields follow unless they are given. */
function ranAs(subject: string, build: Record<string, string | undefined> = {}) {
  const fields = Object.entries({ ...BUILD, buildSignerUri: subject, ...build }).filter(([, it]) => it !== undefined);
  return { subject, issuer: ISSUER, build: Object.fromEntries(fields) };
}

function pattern(text: string): SubjectIdentity {
  const compiled = RE2JS.compile(text);
  return { kind: 'subject', issuer: ISSUER, subject: { pattern: text, matches: (it) => compiled.matches(it) } };
}

describe('a workflow', () => {
  it.each<[string, Partial<WorkflowIdentity>]>([
    ['any repository of the owner', {}],
    ['its repository', { repositories: [SOURCE] }],
    ['its workflow', { workflows: ['.github/workflows/docker-image.yml'] }],
    ['one ref', { refs: ['refs/tags/v1.2.3'] }],
  ])('is trusted by %s', (_name, asked) => {
    expect(identityMismatch(GOOD, { ...WORKFLOW, ...asked })).toBeUndefined();
  });

  it.each<[string, Parameters<typeof identityMismatch>[0], Partial<WorkflowIdentity>]>([
    ['of an owner whose name only begins so', ranAs(SUBJECT.replace('/qdrant/', '/qdrant-evil/')), {}],
    [
      'of an owner whose name only begins so, in every field',
      ranAs('https://github.com/qdrant-evil/x/.github/workflows/w.yml@refs/tags/v1', {
        sourceRepositoryOwnerUri: 'https://github.com/qdrant-evil',
        sourceRepositoryUri: 'https://github.com/qdrant-evil/x',
      }),
      {},
    ],
    ['whose host is spelt with another letter for the dot', ranAs(SUBJECT.replace('github.com', 'githubXcom')), {}],
    [
      'that carries the owner in its query',
      ranAs('https://evil.test/?https://github.com/qdrant/qdrant/w.yml@refs/tags/v1'),
      {},
    ],
    [
      'that carries the owner in the name of its branch',
      ranAs('https://github.com/evil/r/.github/workflows/w.yml@refs/heads/github.com/qdrant/x'),
      {},
    ],
    ['whose path climbs out of the owner', ranAs(`${OWNER}/../evil/w.yml@refs/tags/v1`), {}],
    [
      'of the owner, run for the repository of a stranger (reusable workflow)',
      ranAs(SUBJECT, { sourceRepositoryUri: 'https://github.com/evil/x' }),
      {},
    ],
    [
      'of the owner, run for a repository of a stranger that claims the owner',
      ranAs(SUBJECT, { sourceRepositoryUri: `${OWNER}/x/../../evil` }),
      {},
    ],
    [
      'of a stranger, run for a repository of the owner',
      ranAs('https://github.com/evil/r/.github/workflows/w.yml@refs/tags/v1'),
      {},
    ],
    [
      'of the owner, run for the account of a stranger',
      ranAs(SUBJECT, { sourceRepositoryOwnerUri: 'https://github.com/evil' }),
      {},
    ],
    [
      'that is another one in another field',
      ranAs(SUBJECT, { buildSignerUri: SUBJECT.replace('docker-image', 'evil') }),
      {},
    ],
    [
      'of a branch',
      ranAs(SUBJECT.replace('tags/v1.2.3', 'heads/main'), { sourceRepositoryRef: 'refs/heads/main' }),
      {},
    ],
    ['of a branch whose name looks like a tag', ranAs(SUBJECT, { sourceRepositoryRef: 'refs/heads/refs/tags/v1' }), {}],
    ['of a tag without a name', ranAs(SUBJECT, { sourceRepositoryRef: 'refs/tags/' }), {}],
    ['of a branch, while a tag was built', ranAs(SUBJECT.replace('tags/v1.2.3', 'heads/main')), {}],
    ['that a pull request of a stranger started', ranAs(SUBJECT, { buildTrigger: 'pull_request_target' }), {}],
    ['that a pull request started', ranAs(SUBJECT, { buildTrigger: 'pull_request' }), {}],
    ['with no repository in its certificate', ranAs(SUBJECT, { sourceRepositoryUri: undefined }), {}],
    ['with no ref in its certificate', ranAs(SUBJECT, { sourceRepositoryRef: undefined }), {}],
    ['with no owner in its certificate', ranAs(SUBJECT, { sourceRepositoryOwnerUri: undefined }), {}],
    ['without a ref in its subject', ranAs(SUBJECT.replace(/@.*/, '')), {}],
    [
      'that hides its path behind a second @',
      ranAs(`${SOURCE}/.github/workflows/evil.yml@refs/tags/a@x`),
      { workflows: ['.github/workflows/docker-image.yml'] },
    ],
    ['of another repository', GOOD, { repositories: [`${OWNER}/qdrant-web-ui`] }],
    ['of another repository whose name begins so', GOOD, { repositories: [`${OWNER}/qdran`] }],
    ['of another file', GOOD, { workflows: ['.github/workflows/docker-image.yaml'] }],
    ['of another tag', GOOD, { refs: ['refs/tags/v1.2'] }],
    ['where no ref is listed', GOOD, { refs: [] }],
    ['of another issuer', { ...GOOD, issuer: 'https://gitlab.com' }, {}],
    ['of the issuer with a slash behind it', { ...GOOD, issuer: `${ISSUER}/` }, {}],
    ['of an email address', { ...GOOD, subject: 'ci@qdrant.com' }, {}],
  ])('%s is not trusted', (_name, certificate, asked) => {
    expect(identityMismatch(certificate, { ...WORKFLOW, ...asked })).toMatch(/\w/);
  });

  it('of another repository of the owner may be called by its commit', () => {
    const called = ranAs(`${OWNER}/workflows/.github/workflows/build.yml@${'a'.repeat(40)}`);
    expect(identityMismatch(called, WORKFLOW)).toBeUndefined();
    expect(identityMismatch(called, { ...WORKFLOW, repositories: [SOURCE] })).toContain('its repository is');
    expect(identityMismatch(called, { ...WORKFLOW, repositories: [SOURCE, `${OWNER}/workflows`] })).toBeUndefined();
  });
});

describe('a subject', () => {
  it.each<[string, Identity, string, boolean]>([
    ['as a whole', { kind: 'subject', issuer: ISSUER, subject: SUBJECT }, SUBJECT, true],
    ['that only begins so', { kind: 'subject', issuer: ISSUER, subject: SUBJECT }, `${SUBJECT}0`, false],
    ['that is empty in the configuration', { kind: 'subject', issuer: ISSUER, subject: '' }, SUBJECT, false],
    ['by a pattern', pattern('https://github\\.com/qdrant/.*'), SUBJECT, true],
    [
      'by a pattern that only occurs in it',
      pattern('https://github\\.com/qdrant/.*'),
      `https://evil.test/?${SUBJECT}`,
      false,
    ],
    ['by a pattern that only its beginning matches', pattern('https://github\\.com/qdrant/qdrant'), SUBJECT, false],
    ['by a pattern across lines', pattern('https://github\\.com/qdrant/.*'), `${SUBJECT}\nevil`, false],
    ['by an empty pattern', pattern(''), SUBJECT, false],
  ])('%s', (_name, identity, subject, trusted) => {
    expect(identityMismatch({ ...GOOD, subject }, identity) === undefined).toBe(trusted);
  });

  it('of another issuer is not trusted', () => {
    expect(identityMismatch({ ...GOOD, issuer: 'https://gitlab.com' }, pattern('.*'))).toContain(
      'its issuer is https://gitlab.com',
    );
  });
});

describe('the identity in a certificate', () => {
  const NAME = subjectNames([0x86, SUBJECT]);
  const raw = (number: number, value: Uint8Array) => ({ oid: `1.3.6.1.4.1.57264.1.${number}`, value });

  it('is read from its fields', () => {
    expect(certificateIdentity([NAME, fulcio(8, ISSUER), fulcio(12, SOURCE)])).toEqual({
      ok: true,
      value: { subject: SUBJECT, issuer: ISSUER, build: { sourceRepositoryUri: SOURCE } },
    });
    expect(certificateIdentity([NAME, fulcio(1, ISSUER)])).toMatchObject({ ok: true, value: { issuer: ISSUER } });
    expect(certificateIdentity([NAME, fulcio(1, ISSUER), fulcio(8, ISSUER)])).toMatchObject({ ok: true });
    const email = subjectNames([0x81, 'ci@qdrant.com']);
    expect(certificateIdentity([email, fulcio(8, ISSUER)])).toMatchObject({ value: { subject: 'ci@qdrant.com' } });
    const long = subjectNames([0x86, `https://${'a'.repeat(300)}`]);
    expect(certificateIdentity([long, fulcio(8, 'https://'.padEnd(200, 'b'))])).toMatchObject({ ok: true });
  });

  it.each([
    ['no subject', [fulcio(8, ISSUER)]],
    ['two subjects', [subjectNames([0x86, SUBJECT], [0x86, SUBJECT]), fulcio(8, ISSUER)]],
    ['two extensions with subjects', [NAME, NAME, fulcio(8, ISSUER)]],
    ['an empty subject', [subjectNames([0x86, '']), fulcio(8, ISSUER)]],
    ['a DNS name for a subject', [subjectNames([0x82, 'github.com']), fulcio(8, ISSUER)]],
    ['a user name for a subject', [subjectNames([0xa0, utf8('user!domain')]), fulcio(8, ISSUER)]],
    ['a newline in the subject', [subjectNames([0x86, `${SUBJECT}\n`]), fulcio(8, ISSUER)]],
    ['a NUL in the subject', [subjectNames([0x86, `${SUBJECT}\0`]), fulcio(8, ISSUER)]],
    ['no issuer', [NAME]],
    ['two issuers', [NAME, fulcio(8, ISSUER), fulcio(8, 'https://gitlab.com')]],
    ['two issuers in two fields', [NAME, fulcio(1, 'https://gitlab.com'), fulcio(8, ISSUER)]],
    ['an issuer that is not UTF-8', [NAME, raw(8, tlv(0x0c, Buffer.from([0xff, 0xfe])))]],
    ['an issuer of another type', [NAME, raw(8, tlv(0x16, Buffer.from(ISSUER)))]],
    ['bytes behind the issuer', [NAME, raw(8, Buffer.concat([utf8(ISSUER), Buffer.from('x')]))]],
    ['a length longer than it has to be', [NAME, raw(8, Buffer.from([0x0c, 0x81, 0x01, 0x61]))]],
    ['a length beyond the end', [NAME, raw(8, Buffer.from([0x0c, 0x7f, 0x61]))]],
    ['one field twice', [NAME, fulcio(8, ISSUER), fulcio(12, SOURCE), fulcio(12, 'https://github.com/evil/x')]],
    ['a control character in a field', [NAME, fulcio(8, ISSUER), fulcio(12, `${SOURCE}\u0007`)]],
  ])('is refused with %s', (_name, extensions) => {
    expect(certificateIdentity(extensions)).toMatchObject({ ok: false });
  });
});
