import type { Finding } from '../engine/rule.ts';
import type { VolumeAttributesClass } from '../k8s/storage/objects.ts';
import { provisionerOf } from './catalog.ts';
import { keysIn } from './claim-keys.ts';
import { keysOf } from './conditions.ts';
import { parameterPath } from './parameters.ts';
import type { Provisioner } from './provisioner.ts';

/**
 * Whether a VolumeAttributesClass can change how the volumes of a driver are encrypted, or where they lie.
 * @param provisioner of the class, or the name of the driver
 */
export function attributesDecide(provisioner: string): boolean {
  return provisionerOf(provisioner)?.attributes === undefined;
}

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
  const unknown = !row || isUnknown(row, deciding);
  const required = unknown
    ? 'leave it out: nothing is known of what this driver makes of it'
    : 'leave it out: encryption and place of the data are up to the class alone';
  const bare = (key: string): string => withoutPrefix(key.toLowerCase(), row?.keyPrefix);
  const folded = new Set(deciding.map(bare));
  return Object.keys(parameters ?? {})
    .filter((key) => unknown || folded.has(bare(key)) || !/^[!-~]+$/.test(key))
    .map((key) => ({ path: parameterPath(key), found: 'is set', required }));
}

/** Whether nobody knows which parameters of a driver decide: where it happens out of sight, or could not be read. */
function isUnknown({ level, unread }: Provisioner, deciding: readonly string[]): boolean {
  return unread !== undefined || (deciding.length === 0 && (level === 'attested' || level === 'none'));
}

/** Every parameter that says whether data is encrypted, with which key, or where it goes. */
function decidingKeys({ condition, customerKey, elsewhere = [], placement = [] }: Provisioner): string[] {
  return [
    ...(condition ? keysOf(condition) : []),
    ...(customerKey ? keysIn(customerKey) : []),
    ...elsewhere.map(({ key }) => key),
    ...placement,
  ];
}

function withoutPrefix(key: string, prefix: string | undefined): string {
  return prefix !== undefined && key.startsWith(prefix) ? key.slice(prefix.length) : key;
}
