import { z } from 'zod';
import { podFinding } from '../../engine/findings.ts';
import { definePodRule } from '../define.ts';

export const inlineCsiVolumes = definePodRule({
  id: 'inline-csi-volumes',
  title: 'Volumes that a pod asks a CSI driver for without a claim are of drivers that the configuration allows',
  promise: 'storage',
  why: 'There is no claim and no class: the pod itself says what the driver makes, and nothing shows that it is encrypted.',
  fix: 'volumes:\n  - name: secrets\n    csi: { driver: secrets-store.csi.k8s.io, readOnly: true }',
  controls: ['cis:5.2.12'],
  reads: ['spec.volumes'],
  options: z.strictObject({
    allowed: z
      .array(z.string().min(1))
      .default(['secrets-store.csi.k8s.io', 'csi.cert-manager.io', 'csi.spiffe.io'])
      .describe('Names of CSI drivers that bring secrets, certificates and identities, and store nothing.'),
  }),
  check: ({ pod, options: { allowed } }) =>
    pod.volumes.flatMap(({ name, csi }, index) => {
      if (!csi || allowed.includes(csi.driver ?? '')) return [];
      const required = allowed.length > 0 ? `use a claim, or a driver of ${allowed.join(', ')}` : 'use a claim';
      return { ...podFinding(pod, `spec.volumes[${index}].csi.driver`, csi.driver, required), name: name ?? '' };
    }),
});
