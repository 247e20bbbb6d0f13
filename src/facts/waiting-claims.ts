import { known } from '../engine/fact.ts';
import { claimOf, namedClass } from '../k8s/claims.ts';
import { defineFact } from './define.ts';

/** Names of the namespace's claims that have no volume yet and wait for the StorageClass that the subject is, sorted. */
export const waitingClaims = defineFact({
  name: 'waitingClaims',
  title: 'the claims that wait for volumes of this class',
  watched: ['PersistentVolumeClaim'],
  async learn({ subject: { object, namespace }, objects }) {
    const listed = await objects.list('PersistentVolumeClaim', namespace);
    if (!listed.known) return listed;
    const name = object.metadata?.name;
    const waiting = listed.value
      .map(claimOf)
      .filter(({ metadata, spec }) => !spec.volumeName && namedClass(metadata, spec) === name);
    return known(waiting.map((claim) => claim.name).sort());
  },
});
