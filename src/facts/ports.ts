import type { Known } from '../engine/fact.ts';
import type { Authority } from '../images/authorities.ts';
import type { ImageAnswer } from '../images/evidence.ts';
import type { ImageReference } from '../k8s/core/image-reference.ts';
import type { KindName } from '../k8s/kinds.ts';
import type { JsonObject } from '../k8s/object.ts';

/** Objects of a cluster, or of the files that stand for one. What cannot be told is unknown with a reason. */
export interface ObjectSource {
  /** All objects of a kind in a namespace (the empty string: those that stand in none). Never empty for want of knowledge. */
  list(kind: KindName, namespace: string, signal: AbortSignal): Promise<Known<readonly JsonObject[]>>;
  /** One object by its name; undefined where it is known not to be there. */
  read(kind: KindName, namespace: string, name: string, signal: AbortSignal): Promise<Known<JsonObject | undefined>>;
}

/** The world around a subject. */
export interface World extends ObjectSource {
  /**
   * The same as it is at this moment, past every memory: no refusal rests on memory alone, and no volume is bound by
   * it. A world that does not change (files) leaves it out: what it says is as good.
   */
  readonly live?: ObjectSource;
  /**
   * Whether one object was there before another was made, as watches saw both; undefined where they cannot tell. It
   * is for objects of one second: a creationTimestamp knows no smaller part.
   */
  madeBefore?(earlier: ObjectKey, later: ObjectKey, signal: AbortSignal): Promise<boolean | undefined>;
}

/** One object and no other of its name. */
export interface ObjectKey {
  readonly kind: KindName;
  /** Empty where it stands in none. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What registries and the signatures in them tell of images. */
export interface ImageSource {
  /**
   * What is known of one image. Never rejects: whoever cannot be asked, or does not answer before the signal aborts, makes
   * the answer `unreachable`.
   * @param authorities whose signatures are of interest: what they do not verify counts as a rejection
   */
  evidence(of: ImageReference, authorities: readonly Authority[], signal: AbortSignal): Promise<ImageAnswer>;
  /**
   * What is remembered of an image and as good as asked anew, at once; undefined where it has to be asked. Left out where
   * nothing is remembered.
   */
  remembered?(of: ImageReference, authorities: readonly Authority[]): ImageAnswer | undefined;
  /** The same past its memory: no refusal rests on what was so an hour ago. Left out where nothing is remembered. */
  readonly fresh?: Pick<ImageSource, 'evidence'>;
}

/** Everything outside that facts are learnt through. */
export interface Ports {
  readonly cluster: World;
  /** Left out where nobody asks a registry: files alone do not tell who signed an image. */
  readonly images?: ImageSource;
  /** Facts that cannot be learnt, by name, each with the reason: what a fixture says of its world. */
  readonly unlearnable?: Readonly<Record<string, string>>;
}
