import { ARRAYS } from './catalog/arrays.ts';
import { ASIA } from './catalog/asia.ts';
import { AWS } from './catalog/aws.ts';
import { AZURE } from './catalog/azure.ts';
import { CEPH } from './catalog/ceph.ts';
import { CLOUDS } from './catalog/clouds.ts';
import { GOOGLE } from './catalog/google.ts';
import { LOCAL } from './catalog/local.ts';
import { OPENSTACK } from './catalog/openstack.ts';
import { ORACLE } from './catalog/oracle.ts';
import { SHARED_FILE_SYSTEMS } from './catalog/shared.ts';
import { SOFTWARE_DEFINED } from './catalog/software-defined.ts';
import { VIRTUALIZATION } from './catalog/virtualization.ts';
import type { Provisioner } from './provisioner.ts';

/** Every provisioner that is known, one row each. What is not in it encrypts nothing. */
export const CATALOG: readonly Provisioner[] = [
  ...AWS,
  ...GOOGLE,
  ...AZURE,
  ...OPENSTACK,
  ...ORACLE,
  ...CLOUDS,
  ...ASIA,
  ...VIRTUALIZATION,
  ...CEPH,
  ...SOFTWARE_DEFINED,
  ...ARRAYS,
  ...SHARED_FILE_SYSTEMS,
  ...LOCAL,
];

const BY_NAME = new Map(CATALOG.map((row) => [row.name, row]));

/** The row of a provisioner, or of a CSI driver. A name is compared whole, or by whole labels: never in part. */
export function provisionerOf(name: string): Provisioner | undefined {
  const exact = BY_NAME.get(name);
  if (exact) return exact;
  const [, label = '', rest = ''] = /^([^.]*)\.(.*)$/s.exec(name) ?? [];
  const row = BY_NAME.get(rest);
  return row?.prefixed && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label) ? row : undefined;
}

/**
 * The CSI driver that volumes of a provisioner name: in-tree plugins are translated
 * (k8s.io/csi-translation-lib@v0.37.2: plugins/), every other name is the driver's own.
 */
export function driverOf(provisioner: string): string {
  return provisionerOf(provisioner)?.driver ?? provisioner;
}
