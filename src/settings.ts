import type { z } from 'zod';
import type { EngineSettings, Profile } from './engine/policy.ts';
import * as images from './images/configuration.ts';
import * as network from './network/configuration.ts';
import * as storage from './storage/configuration.ts';

/**
 * What the promises let a configuration say beyond the options of their rules, one row per promise: `shared` stands at
 * the top of the file under the promise's name, `perNamespace` in each entry of `namespaces`, and `resolve` makes of
 * both what rules and facts are told. One that says nothing of single namespaces leaves `perNamespace` out.
 */
export const PROMISE_CONFIGURATIONS = { images, network, storage } as const;

type Configurations = typeof PROMISE_CONFIGURATIONS;
type ConfiguredPromise = keyof Configurations;
/** The promises that have a part in the entry of a namespace. */
type NamespacePromise = {
  [P in ConfiguredPromise]: Configurations[P] extends { readonly perNamespace: unknown } ? P : never;
}[ConfiguredPromise];

/** By promise: what the top of the file says. */
export type SharedEntries = { readonly [P in ConfiguredPromise]: z.infer<Configurations[P]['shared']> };
/** By promise: what the entry of a namespace says. */
export type NamespaceEntries = { readonly [P in NamespacePromise]: z.infer<Configurations[P]['perNamespace']> };
/** By promise: what rules and facts are told. */
export type PromiseSettings = { readonly [P in ConfiguredPromise]: ReturnType<Configurations[P]['resolve']> };

/** What the configuration says of a namespace beyond the rules' own options: several rules ask for it. */
export interface NamespaceSettings extends EngineSettings, PromiseSettings {
  /** What was there before this moment goes on, and is reported. */
  readonly enforcedSince?: Date;
}

/** By promise: the schema of its part of the top of the file. */
export const SHARED_SCHEMAS = {
  images: images.shared,
  network: network.shared,
  storage: storage.shared,
} as const satisfies Readonly<Record<ConfiguredPromise, z.ZodType>>;
/** By promise: the schema of its part of the entry of a namespace. */
export const NAMESPACE_SCHEMAS = {
  network: network.perNamespace,
  storage: storage.perNamespace,
} as const satisfies Readonly<Record<NamespacePromise, z.ZodType>>;

/** Joins what the whole file and the entry of a namespace say. */
export function resolvePromises(
  shared: SharedEntries,
  own: NamespaceEntries,
  of: Pick<EngineSettings, 'roles'> & {
    readonly profile: Profile;
    /** What the rule `image-registry` allows there; undefined where it does not run. */
    readonly allowedRegistries: readonly string[] | undefined;
  },
): PromiseSettings {
  return {
    images: images.resolve(shared.images, of),
    network: network.resolve(shared.network, own.network, of),
    storage: storage.resolve(shared.storage, own.storage),
  };
}
