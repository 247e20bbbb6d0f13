import { createEcKeys, createEd25519Keys, createRsaKeys } from '../signing/authorities.ts';
import type { CosignKeys, Predicate, Shape } from '../signing/cosign.ts';
import { pushIndex } from '../signing/images.ts';
import type { WorkflowRun } from '../signing/oidc-issuer.ts';
import { type Repository, repository } from '../signing/registry.ts';
import type { SigningStack } from '../signing/stack.ts';

/** The run that signs Qdrant's images. */
export const RELEASE: WorkflowRun = {
  repository: 'qdrant/qdrant',
  workflow: '.github/workflows/docker-image.yml',
  ref: 'refs/tags/v1.19.0',
};

/** A run of a repository that nobody trusts. */
export const STRANGER: WorkflowRun = {
  repository: 'evil/repository',
  workflow: '.github/workflows/build.yml',
  ref: 'refs/heads/main',
};

/** The certificate's subject of the release. */
export const RELEASE_SUBJECT = 'https://github.com/qdrant/qdrant/.github/workflows/docker-image.yml@refs/tags/v1.19.0';

export const EMAIL = 'release@example.com';

export type KeyName = 'own' | 'other' | 'P-384' | 'Ed25519' | 'RSA';
export type KeyRing = Readonly<Record<KeyName, CosignKeys>>;

/** Keys of every kind that cosign signs with. */
export async function createKeyRing({ cosign }: SigningStack): Promise<KeyRing> {
  const [own, other, p384, ed25519, rsa] = await Promise.all([
    cosign.importKeys('own', createEcKeys()),
    cosign.importKeys('other', createEcKeys()),
    cosign.importKeys('p384', createEcKeys('P-384')),
    cosign.importKeys('ed25519', createEd25519Keys()),
    cosign.importKeys('rsa', createRsaKeys()),
  ]);
  return { own, other, 'P-384': p384, Ed25519: ed25519, RSA: rsa };
}

export interface SignatureOptions {
  /** Keyless, by this run of a workflow; the release, unless a key or an address signs. */
  readonly run?: WorkflowRun;
  readonly key?: KeyName;
  readonly email?: string;
  /** Of the token; GitHub's unless given. */
  readonly issuer?: string;
  readonly unloggedCertificate?: boolean;
  readonly recursive?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Where a case puts its image: a repository of its own in a registry of the stack. */
export class Stage {
  readonly repository: Repository;
  readonly #stack: SigningStack;
  readonly #keys: KeyRing;

  constructor(stack: SigningStack, keys: KeyRing, registry: string, path: string) {
    this.#stack = stack;
    this.#keys = keys;
    this.repository = repository(registry, path);
  }

  /** An unsigned image for two platforms; the name makes it another one. */
  async image(name = 'image'): Promise<string> {
    const { digest } = await pushIndex(this.repository, name, { attached: 'SPDX' });
    return digest;
  }

  /** One that is signed. */
  async signed(shape: Shape, options: SignatureOptions = {}, name = 'image'): Promise<string> {
    const digest = await this.image(name);
    await this.sign(digest, shape, options);
    return digest;
  }

  async sign(digest: string, shape: Shape, options: SignatureOptions = {}): Promise<void> {
    await this.#stack.cosign.sign(this.repository.at(digest), { shape, by: this.#signer(options), ...options });
  }

  async attest(
    digest: string,
    shape: Shape,
    type: Predicate,
    predicate: unknown,
    options: SignatureOptions = {},
  ): Promise<void> {
    const signing = { shape, by: this.#signer(options), ...options };
    await this.#stack.cosign.attest(this.repository.at(digest), type, predicate, signing);
  }

  /** Lets a tag stand for a digest. */
  async tag(digest: string, tag: string): Promise<void> {
    await this.repository.putManifest({ ...(await this.repository.manifest(digest)) }, tag);
  }

  /** The digests of what runs, of those that an index lists. */
  async platforms(digest: string): Promise<readonly string[]> {
    const manifests = (await this.repository.manifest(digest))?.manifests ?? [];
    return manifests.filter(({ platform }) => platform?.os === 'linux').map((it) => it.digest);
  }

  /** An issuer of the same tokens as GitHub's, under another URL. */
  get otherWorkflows(): string {
    return this.#stack.issuers.otherWorkflows;
  }

  #signer({ run = RELEASE, key, email, issuer }: SignatureOptions): { token: string } | { key: string } {
    if (key !== undefined) return { key: this.#keys[key].privateKeyFile };
    const { tokens, issuers } = this.#stack;
    return { token: email === undefined ? tokens.workflowToken(run, issuer) : tokens.emailToken(email, issuers.email) };
  }
}
