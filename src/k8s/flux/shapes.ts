import { fields, list, metadata } from '../shape.ts';

/** How Flux verifies an artifact before it uses it. */
const verify = fields({
  provider: 'string',
  secretRef: fields({ name: 'string' }),
  matchOIDCIdentity: list(fields({ issuer: 'string', subject: 'string' })),
});

/** source.toolkit.fluxcd.io/v1 OCIRepository. */
export const ociRepository = fields({ metadata, spec: fields({ verify }) });

/** source.toolkit.fluxcd.io/v1 HelmChart. */
export const helmChart = fields({
  metadata,
  spec: fields({ sourceRef: fields({ kind: 'string', name: 'string' }), verify }),
});
