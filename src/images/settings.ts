import type { RegistryScope } from '../k8s/core/image-reference.ts';
import type { Authority } from './authorities.ts';
import type { Severity } from './evidence.ts';
import type { RegistrySettings } from './registry-settings.ts';

/** Some images, by where they lie: registries or parts of them, and single repositories. Never by tag, which is free text. */
export interface ImageSet {
  /** By whole path segments. */
  readonly scopes: readonly RegistryScope[];
  /** Each a repository, and nothing below it. */
  readonly repositories: readonly RegistryScope[];
}

/** Who has to have signed an image. */
export interface SignatureDemand {
  /** The names of authorities. */
  readonly authorities: readonly string[];
  /** Whether one of them is enough. */
  readonly require: 'any' | 'all';
  /** What a signature has to carry to count. */
  readonly annotations: Readonly<Record<string, string>>;
}

export const SBOM_LEVELS = ['present', 'bound', 'signed'] as const;
/**
 * present: the index of the image names one. bound: it was read, and is about the very image. signed: an authority has
 * signed it. Each is more than the one before.
 */
export type SbomLevel = (typeof SBOM_LEVELS)[number];

export interface SbomDemand {
  readonly level: SbomLevel;
  /** Whose signature counts at level signed; where less is asked for, theirs is as good as what the index names. */
  readonly authorities: readonly string[];
}

/** What the newest report of a scanner has to say. */
export interface ScanDemand {
  /** Whose reports count. */
  readonly authorities: readonly string[];
  /** The URIs or names of scanners; empty: any that those sign for. */
  readonly scanners: readonly string[];
  readonly maxAgeDays: number;
  /** Findings of these refuse. */
  readonly refuse: readonly Severity[];
  /** Who may set a finding aside by a VEX statement. */
  readonly vexAuthorities: readonly string[];
}

export interface ProvenanceDemand {
  readonly authorities: readonly string[];
  /** The builders that count, each as a whole. */
  readonly builders: readonly string[];
  /** Repositories of source, each as a whole; empty: any. */
  readonly sources: readonly string[];
}

/** What holds for some images. An image that several policies hold for has to meet each. */
export interface ImagePolicy {
  readonly images: ImageSet;
  /** Left out: nothing asked. */
  readonly signature?: SignatureDemand | undefined;
  readonly sbom?: SbomDemand | undefined;
  /** Left out: nobody has said where reports come from, of which admissions carry a warning. */
  readonly scan?: ScanDemand | undefined;
  readonly provenance?: ProvenanceDemand | undefined;
  /** All that the demands above name: what is found of an image is verified by these. */
  readonly authorities: readonly Authority[];
}

/** A known vulnerability that the cluster's owner accepts for a time. */
export interface AcceptedVulnerability {
  /** As scanners name it: `CVE-2026-1234`. */
  readonly id: string;
  /** The name of a package; left out: whatever package has it. */
  readonly package?: string | undefined;
  readonly images: ImageSet;
  readonly reason: string;
  /** Who answers for it. */
  readonly responsible: string;
  /** From this moment on it no longer holds. */
  readonly expires: Date;
}

/** Where a trust root comes from. */
export interface TrustRootSource {
  /** A trusted_root.json; left out: the one that ships with the program, or the first from the mirror. */
  readonly file?: string | undefined;
  /** Asked in the background alone, never within an admission. */
  readonly tufMirror?: { readonly url: string; readonly rootFile: string; readonly refreshEveryMs: number } | undefined;
}

/** How long what is known of an image is as good as asked anew, in milliseconds. */
export interface EvidenceLives {
  /** Of an image that was found. */
  readonly goodForMs: number;
  /** Of one that was not, or could not be asked about. */
  readonly badForMs: number;
  /** Of a digest that was verified before, while its registry cannot be reached. */
  readonly staleForMs: number;
}

/** What a namespace is told of its images. */
export interface ImagesSettings extends RegistrySettings {
  /** unstated: the configuration does not say, and nothing is verified, of which admissions carry a warning. */
  readonly verification: 'on' | 'off' | 'unstated';
  readonly policies: readonly ImagePolicy[];
  /** What becomes of an image that no policy holds for. */
  readonly unmatched: 'deny' | 'warn';
  readonly acceptedVulnerabilities: readonly AcceptedVulnerability[];
  /** By the names that authorities give them. */
  readonly trustRoots: Readonly<Record<string, TrustRootSource>>;
  readonly lives: EvidenceLives;
  /** What the rule `image-registry` allows: no other registry is ever asked. Undefined: that rule does not run. */
  readonly allowedRegistries: readonly RegistryScope[] | undefined;
}
