import { CONTAINER_LISTS } from '../k8s/core/pod-shape.ts';
import type { KubernetesObject } from '../k8s/object.ts';
import { podOf } from '../k8s/pod-template.ts';
import type { ImageEvidence } from './evidence.ts';
import { asList, asText, at } from './json-values.ts';
import type { ImageProblem } from './problem.ts';

/** What a node says of the image that it runs a container of. */
export interface RunningImage {
  /** `status.containerStatuses[0].imageID` */
  readonly field: string;
  /** The name of the container. */
  readonly name: string;
  /** As its container in `spec` names it. */
  readonly image: string;
  /** As the runtime names what it runs: `docker.io/qdrant/qdrant@sha256:…`. */
  readonly imageId: string;
}

const STATUSES = {
  containers: 'containerStatuses',
  initContainers: 'initContainerStatuses',
  ephemeralContainers: 'ephemeralContainerStatuses',
} as const satisfies Record<(typeof CONTAINER_LISTS)[number], string>;

/**
 * The images that a pod runs, as its status has them. Of a container that was not started yet nothing is said, for
 * nothing of it runs. The status of image volumes names no image.
 */
export function runningImages(object: KubernetesObject): readonly RunningImage[] {
  const pod = podOf(object);
  if (pod?.base !== '') return [];
  return CONTAINER_LISTS.flatMap((list) => {
    const images = new Map(
      pod.containers.filter((each) => each.list === list).map(({ container }) => [container.name, container.image]),
    );
    return (asList(at(object, 'status', STATUSES[list])) ?? []).flatMap((status, index) => {
      const name = asText(at(status, 'name'));
      const imageId = asText(at(status, 'imageID'));
      const image = images.get(name);
      if (name === undefined || imageId === undefined || image == null) return [];
      return [{ field: `status.${STATUSES[list]}[${index}].imageID`, name, image, imageId }];
    });
  });
}

/**
 * The digest of the manifest, or of the index, that a runtime says it runs. Undefined where it says none: a bare digest is
 * that of the image's configuration, which no signature is about.
 */
export function runningDigest(imageId: string): string | undefined {
  return /@(sha256:[a-f0-9]{64})$/.exec(imageId)?.[1];
}

/** Whether a digest is what the evidence is about: the image itself, or one platform of its index. */
export function isPartOf(digest: string, evidence: ImageEvidence): boolean {
  return digest === evidence.digest || evidence.platforms.some((platform) => platform.digest === digest);
}

/** What is wrong where a node runs something else than what was verified. */
export function runsAnother(digest: string, verified: string): ImageProblem {
  return {
    required: `delete the pod, so that its image is pulled again: it runs another digest (${digest}) than the one verified, ${verified}`,
  };
}
