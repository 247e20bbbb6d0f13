import { z } from 'zod';

/** The relaxation that the Pod Security Standards make since 1.35; an option of each rule that has it. */
export const userNamespaces = z
  .boolean()
  .default(false)
  .describe(
    'Let pods with `hostUsers: false` pass, as the Pod Security Standards do since 1.35. Off by default: on a node or runtime without user namespaces the field has no effect.',
  );
