import { DECIDING_ANNOTATIONS } from '../../storage/class-overrides.ts';
import { encryptionOf } from '../../storage/encryption.ts';
import { defineRule } from '../define.ts';

export const classChanges = defineRule({
  id: 'class-changes',
  title: 'A StorageClass is not taken away, made anew or annotated otherwise while claims wait for its volumes',
  promise: 'storage',
  why: 'A class is read again when the volume is made, which may be days after the claim came in: another class of its name would then make it, or an annotation that its driver reads.',
  fix: 'metadata:\n  name: encrypted-2 # a new name; claims that wait keep theirs',
  controls: [],
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  needs: ['waitingClaims'],
  reads: {
    'StorageClass.storage.k8s.io': [
      'provisioner',
      'parameters',
      ...DECIDING_ANNOTATIONS.map((key) => `metadata.annotations{${key}}`),
    ],
  },
  check({ object, subject: { operation, namespace, now }, facts: { waitingClaims }, settings: { storage } }) {
    if (waitingClaims.length === 0) return [];
    if (operation !== 'DELETE' && encryptionOf(object, storage, now).encrypted) return [];
    const { name } = object.metadata ?? {};
    const found = `is ${name}, which claims of ${namespace} wait for: ${waitingClaims.slice(0, 5).join(', ')}`;
    const required =
      operation === 'DELETE' ? 'delete those claims first' : 'let it encrypt, or delete those claims first';
    return [{ path: 'metadata.name', value: name, found, required }];
  },
});
