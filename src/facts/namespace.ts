import { known, unknown } from '../engine/fact.ts';
import { defineFact } from './define.ts';

/** The Namespace object that the subject stands in, as the API server holds it. */
export const namespace = defineFact({
  name: 'namespace',
  title: 'the Namespace object',
  watched: ['Namespace'],
  async learn({ subject, objects }) {
    const found = await objects.read('Namespace', '', subject.namespace);
    if (!found.known) return found;
    return found.value ? known(found.value) : unknown(`Namespace ${subject.namespace} is not there`);
  },
});
