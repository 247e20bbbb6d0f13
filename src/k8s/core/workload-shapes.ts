import { fields, list, metadata } from '../shape.ts';
import { claimShape } from './claim-shape.ts';
import { podShape } from './pod-shape.ts';

const condition = fields({ type: 'string', status: 'string' });

/** core/v1 Pod as it stands in the cluster. */
export const pod = fields({ ...podShape.known, status: fields({ phase: 'string' }) });

/** core/v1 PodTemplate. */
export const podTemplate = fields({ metadata, template: podShape });

/** What has its pod template in spec.template: most workload kinds. */
export const workload = fields({ metadata, spec: fields({ replicas: 'integer', template: podShape }) });

/** apps/v1 StatefulSet. */
export const statefulSet = fields({
  metadata,
  spec: fields({ replicas: 'integer', template: podShape, volumeClaimTemplates: list(claimShape) }),
});

/** batch/v1 Job. */
export const job = fields({
  metadata,
  spec: fields({ template: podShape }),
  status: fields({ conditions: list(condition) }),
});

/** batch/v1 CronJob. */
export const cronJob = fields({
  metadata,
  spec: fields({ jobTemplate: fields({ spec: fields({ template: podShape }) }) }),
});
