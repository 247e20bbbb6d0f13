// Written by npm run generate.
import { apiServer } from './api-server.ts';
import { attributesClasses } from './attributes-classes.ts';
import { boundVolume } from './bound-volume.ts';
import { claimClasses } from './claim-classes.ts';
import { claimDrivers } from './claim-drivers.ts';
import { classController } from './class-controller.ts';
import { dataSources } from './data-sources.ts';
import { imageEvidence } from './image-evidence.ts';
import { namespace } from './namespace.ts';
import { networkPolicies } from './network-policies.ts';
import { owners } from './owners.ts';
import { primaryNetwork } from './primary-network.ts';
import { routeGateways } from './route-gateways.ts';
import { usedClaims } from './used-claims.ts';
import { waitingClaims } from './waiting-claims.ts';

/** Every fact, sorted by name. */
export const FACTS = [
  apiServer,
  attributesClasses,
  boundVolume,
  claimClasses,
  claimDrivers,
  classController,
  dataSources,
  imageEvidence,
  namespace,
  networkPolicies,
  owners,
  primaryNetwork,
  routeGateways,
  usedClaims,
  waitingClaims,
] as const;
