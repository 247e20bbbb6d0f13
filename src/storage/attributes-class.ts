import type { Finding } from '../engine/rule.ts';
import type { VolumeAttributesClass } from '../k8s/storage/objects.ts';
import { provisionerOf } from './catalog.ts';
import { keysOf } from './conditions.ts';
import { parameterPath } from './parameters.ts';
import type { KeySource, Provisioner } from './provisioner.ts';

/**
 * Parameters of a VolumeAttributesClass that take away what the class shows: drivers lay them over those of the class,
 * also when a volume is made (kubernetes-sigs/azuredisk-csi-driver@d983d61: pkg/azuredisk/controllerserver.go).
 * @param provisioner of the class, or the name of the driver
 */
export function attributesClassProblems(
  provisioner: string,
  parameters: VolumeAttributesClass['parameters'],
): readonly Finding[] {
  const row = provisionerOf(provisioner);
  const deciding = row ? decidingKeys(row) : [];
  const unknown = !row || (deciding.length === 0 && row.level !== 'platform');
  const required = unknown
    ? 'leave it out: nothing is known of what this driver makes of it'
    : 'leave it out: encryption and place of the data are up to the class alone';
  const bare = (key: string): string => withoutPrefix(key.toLowerCase(), row?.keyPrefix);
  const folded = new Set(deciding.map(bare));
  return Object.keys(parameters ?? {})
    .filter((key) => unknown || folded.has(bare(key)) || !/^[!-~]+$/.test(key))
    .map((key) => ({ path: parameterPath(key), found: 'is set', required }));
}

/** Every parameter that says whether data is encrypted, with which key, or where it goes. */
function decidingKeys({ condition, customerKey, placement = [] }: Provisioner): string[] {
  return [...(condition ? keysOf(condition) : []), ...(customerKey ? keysIn(customerKey) : []), ...placement];
}

function keysIn(source: KeySource): readonly string[] {
  const when = source.when ? keysOf(source.when) : [];
  if (source.from === 'parameter') return [...source.keys, ...when];
  return source.from === 'parts' ? [...source.parts.map(({ key }) => key), ...when] : when;
}

function withoutPrefix(key: string, prefix: string | undefined): string {
  return prefix !== undefined && key.startsWith(prefix) ? key.slice(prefix.length) : key;
}
