import { failure, type Result, success } from '../k8s/result.ts';
import type { Sbom } from './evidence.ts';
import { asList, asObject, asText, at } from './json-values.ts';

/** Sums up an SPDX document, of version 2 or 3. An empty one is none: it says nothing about the image. */
export function summariseSpdx(predicate: unknown): Result<Sbom, string> {
  // What `cosign attest --type spdx` wraps is text that is a document.
  const document = typeof predicate === 'string' ? parseText(predicate) : predicate;
  const packages = asText(at(document, 'spdxVersion')) ? asList(at(document, 'packages')) : spdx3Packages(document);
  if (packages === undefined) return failure('it is not an SPDX document: it has no spdxVersion with packages');
  if (packages.length === 0) return failure('its SPDX document lists no packages');
  return success({ kind: 'sbom', format: 'SPDX', packages: packages.length });
}

/** SPDX 3 is a graph in which packages are one type among many. */
function spdx3Packages(document: unknown): readonly unknown[] | undefined {
  const graph = asList(at(document, '@graph'));
  return graph?.filter((element) => at(element, 'type') === 'software_Package');
}

/** Sums up a CycloneDX document; components within components count. */
export function summariseCycloneDx(predicate: unknown): Result<Sbom, string> {
  if (at(predicate, 'bomFormat') !== 'CycloneDX') return failure('it is not a CycloneDX document: it has no bomFormat');
  const components = countComponents(predicate);
  if (components === 0) return failure('its CycloneDX document lists no components');
  return success({ kind: 'sbom', format: 'CycloneDX', packages: components });
}

function countComponents(document: unknown): number {
  let components = 0;
  const open: unknown[] = [document];
  while (open.length > 0) {
    for (const component of asList(at(open.pop(), 'components')) ?? []) {
      if (asObject(component) === undefined) continue;
      components += 1;
      open.push(component);
    }
  }
  return components;
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
