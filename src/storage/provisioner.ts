import type { KeyFormat } from './keys.ts';

/** What has to be so in a class for the driver to encrypt; evaluated by `conditions.ts`. */
export type Condition =
  /** The parameter is exactly "true": the only text that every driver reads as on. */
  | { readonly kind: 'true'; readonly key: string }
  /** `note`: where these words count, for whoever reads what is wrong. */
  | {
      readonly kind: 'one-of';
      readonly key: string;
      readonly values: readonly string[];
      readonly orNotSet?: boolean;
      readonly note?: string;
    }
  | { readonly kind: 'set'; readonly key: string }
  | { readonly kind: 'not-set'; readonly key: string; readonly why: string }
  /** A list, parted by spaces or commas, holds this word. */
  | { readonly kind: 'lists'; readonly key: string; readonly word: string }
  /** A list, parted by spaces or commas, holds no word that begins so, in any case. */
  | { readonly kind: 'lists-none'; readonly key: string; readonly prefix: string; readonly why: string }
  /**
   * A Secret is named, and not by whoever makes the claim; `orTemplate`: a name that the claim completes will do too,
   * for without the Secret, or its entry, the driver does not hand out the volume.
   */
  | { readonly kind: 'secret'; readonly secret: SecretSource; readonly orTemplate?: true }
  | { readonly kind: 'no-secret'; readonly call: SecretCall; readonly why: string }
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] };

/** CSI calls that a class can give a Secret to. */
export type SecretCall = 'provisioner' | 'node-stage' | 'node-publish';

/** Where a class names a Secret: for a CSI call, in two parameters of the driver's own, or in one, `NAMESPACE/NAME`. */
export type SecretSource =
  | { readonly call: SecretCall }
  | { readonly nameKey: string; readonly namespaceKey: string }
  | { readonly pathKey: string };

/** Where the customer's key stands in a class. It counts only where `when` holds: else the driver drops it. */
export type KeySource = { readonly when?: Condition } & (
  | { readonly from: 'parameter'; readonly format: KeyFormat; readonly keys: readonly string[] }
  /** One id made of several parameters, with slashes between; those that may be missing are left out. */
  | {
      readonly from: 'parts';
      readonly format: KeyFormat;
      readonly parts: readonly { readonly key: string; readonly optional?: boolean }[];
    }
  | { readonly from: 'secret'; readonly secret: SecretSource }
);

/**
 * What Kubernetes shows of the encryption of a driver's volumes.
 * - declared: parameters of the class make the driver encrypt; without them the data is plain
 * - platform: the provider always encrypts; the class has at most a customer's key
 * - attested: it happens out of sight of Kubernetes; the cluster's owner has to state it
 * - none: the driver never encrypts, or nobody can know
 */
export type Level = 'declared' | 'platform' | 'attested' | 'none';

/**
 * What becomes of the class of a new volume that is made from another.
 * - class: the new volume gets what its class says
 * - source: it is as its source was, whatever its class says, or nobody has shown otherwise
 * - refused: the driver refuses where class and source differ
 */
export type Copying = 'class' | 'source' | 'refused';

/**
 * What a driver makes of a flag that is not exactly "true" or "false".
 * - off: nothing but "true" is on, anything else silently off
 * - refused: an error
 * - go: also 1, t, T, TRUE, True are on; what is not known is an error
 * - words: yes, true and 1 in any case are on, anything else silently off
 */
export type FlagReading = 'off' | 'refused' | 'go' | 'words';

/**
 * What becomes of encryption where a claim asks for a raw block device, `volumeMode: Block`.
 * - encrypted: the same as with a file system
 * - plain: the driver hands out the device below its encryption
 * - refused: the driver makes no such volume of a class that encrypts
 * - not-shown: nobody has shown it
 * - a condition: encrypted where this holds too
 */
export type RawBlock = 'encrypted' | 'plain' | 'refused' | 'not-shown' | Condition;

/** A label or an annotation of a claim by which whoever makes it overrides what the class says. */
export interface ClaimKey {
  readonly in: 'labels' | 'annotations' | 'either';
  /** The whole key, or how it begins where `match` says so. */
  readonly key: string;
  readonly match: 'key' | 'prefix';
  /** The only value that takes nothing away; left out: none is fine. */
  readonly allowed?: string;
  /** What the driver does with it. */
  readonly why: string;
}

/** An annotation of a class that its driver reads beside the parameters. Anybody who may update classes can change it. */
export interface ClassAnnotation {
  readonly key: string;
  /** What the driver does with it. */
  readonly why: string;
  /** It chooses among what the parameters leave: they show what they show, only a statement of the owner covers it. */
  readonly narrows?: true;
}

/** A parameter that sends the data, or a copy of it, elsewhere: to another class, to a disk that is there, to a cache. */
export interface Elsewhere {
  readonly key: string;
  /** Where to. */
  readonly why: string;
  /** Values that do not. */
  readonly harmless?: readonly string[];
  /** There it is encrypted all the same, only not shown to be with the customer's key. */
  readonly keyOnly?: true;
}

/** What was read to fill in a row: a repository with commit and files, or pages of documentation; or why there is nothing to read. */
export type Reading =
  | { readonly read: string; readonly unread?: never }
  | { readonly unread: string; readonly read?: never };

/**
 * One row of the catalog: how the volumes of one provisioner are encrypted, and what of it a class shows. Where the
 * driver could not be read, nothing beside its parameters is trusted: `claim-keys.ts`, `class-annotations.ts`.
 */
export type Provisioner = Row & Reading;

interface Row {
  readonly name: string;
  /** An operator may put one label of its own before the name: `rook-ceph.rbd.csi.ceph.com`. */
  readonly prefixed?: true;
  /** For people. */
  readonly title: string;
  /** The CSI driver that its volumes name, where it is another: names of in-tree plugins are translated. */
  readonly driver?: string;
  /** It is no CSI driver: the fields of a PersistentVolume's spec, one of which is the source of its volumes. */
  readonly volumeSources?: readonly string[];
  readonly level: Level;
  /** Qdrant needs block storage: a shared file system is refused unless attested. */
  readonly storage: 'block' | 'shared';
  /** Whether the driver takes a parameter's key in any case. */
  readonly keyCase: 'exact' | 'any';
  /** The driver reads a key with and without this before it. */
  readonly keyPrefix?: string;
  readonly flags?: FlagReading;
  /** Undefined: a class of it proves nothing, unless the platform encrypts everything. */
  readonly condition?: Condition;
  /** How data is encrypted where the class passes, for people. */
  readonly mechanism: string;
  /** Undefined: no class shows whose key it is. */
  readonly customerKey?: KeySource;
  /** Parameters that are taken for encryption and are not, with the reason. */
  readonly noProof?: Readonly<Record<string, string>>;
  /** Undefined where the driver makes no raw block devices, or where a class proves nothing. */
  readonly rawBlock?: RawBlock;
  readonly claimKeys?: readonly ClaimKey[];
  /** The driver takes every annotation of a claim, or every label too, for a parameter that wins over the class's. */
  readonly claimParameters?: 'annotations' | 'either';
  readonly classAnnotations?: readonly ClassAnnotation[];
  readonly elsewhere?: readonly Elsewhere[];
  /** Parameters that choose where data goes, beyond those above: a VolumeAttributesClass must not carry them. */
  readonly placement?: readonly string[];
  /**
   * What a VolumeAttributesClass may carry, where the driver takes nothing else: none of it changes encryption. An
   * asterisk at the end stands for anything; empty where it knows no such classes. Undefined: it lays any parameter
   * over the class, or nobody has shown.
   */
  readonly attributes?: readonly string[];
  /** Parameters that a volume repeats in its `volumeAttributes`. */
  readonly echoed?: readonly string[];
  readonly clone: Copying;
  readonly restore: Copying;
}

/** What is assumed of a driver where nothing else has been shown. */
export const COPIES_ITS_SOURCE = { clone: 'source', restore: 'source' } as const;
