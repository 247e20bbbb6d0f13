import { CUSTOMER_KEY_FORMS } from '../storage/keys.ts';
import { markdownTable } from './markdown-table.ts';
import { catalogTable, claimKeysTable, classAnnotationsTable, elsewhereTable, readingTable } from './storage-tables.ts';

const INTRODUCTION = `Which StorageClasses show that their volumes are encrypted at rest, and whose key it is. What a class does not show, the
owner of the cluster can state in the configuration; nothing in the cluster can, for a tenant may write there.

\`qdrant-admission storage classes\` judges the classes of a cluster, or of files, by this page.

## The catalog

Only the exact text \`true\` counts as on: drivers differ in what else they take for it. A class that has two keys which differ in
case only is refused, for which of the two the driver takes may be chance. So is a Secret whose name is a template, for whoever makes
a claim chooses it: unless the driver mounts nothing without the Secret, where only the key is open. A provisioner that is not listed
shows nothing.`;

const COLUMNS = `Clone and restore: \`class\` gets what its class says, \`source\` is as what it was made from, \`refused\` where the two differ.

Raw block: what a claim with \`volumeMode: Block\` gets of a class that encrypts. \`encrypted\` is the same as with a file system, \`plain\`
the device below the encryption of the driver, \`refused\` nothing; \`not shown\` counts as plain.`;

const BESIDE = `## What shapes a volume besides the parameters of its class

A class speaks for a volume only where nothing else shapes it.

### Labels and annotations of claims

They are refused on claims of these provisioners, and those whose key has a domain on claims of provisioners that nobody knows. A driver that
could not be read may read whatever bears its name.`;

const CLASS_ANNOTATIONS = `### Annotations of classes

Unlike its parameters, annotations of a class can be changed. A class that would show encryption and carries one that decides does not; where
it is attested, the statement covers them all: \`annotationsSha256\`. Of a driver that nobody knows, or could read, those count that bear its domain.`;

const ELSEWHERE = `### Parameters that send data elsewhere

To a claim of another class, a disk that is there already, another server, or a cache on the node.

What \`cachingMode\` of Azure Disk keeps on the host of a virtual machine is encrypted at rest only where the node pool has encryption at host
(\`--enable-encryption-at-host\` of AKS). No class shows that: the owner of the cluster has to see to it.`;

const READING = `## What was read

Every row rests on the source of its driver, at the commit named here, or on documentation. Where neither could be had, nothing beside the
parameters of the class is trusted.`;

const ATTESTING = `## Stating what no class shows

\`qdrant-admission storage attest CLASS --mechanism node-luks --responsible storage@example.com --expires 2027-06-30T00:00:00Z\`
prints an entry for the configuration:

\`\`\`yaml
storage:
  attestations:
    - storageClass: local
      provisioner: rancher.io/local-path
      parametersSha256: 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
      mechanism: node-luks
      reason: The disks of all nodes are encrypted with LUKS.
      responsible: storage@example.com
      expires: 2027-06-30T00:00:00Z
\`\`\`

It counts for a class of this name, this provisioner and exactly these parameters, until it expires. Where the class has annotations that
its driver reads, \`annotationsSha256\` is of those; without it the statement counts only for a class that has none. With \`keyId\` it also
states the customer's key. A class that is ambiguous cannot be attested.`;

const BEYOND = `## What else is looked at

- A claim is let in by its class, and looked at again when it is bound: the volume must be of the class's driver, made by its provisioner, and
  repeat its parameters. The class, and the VolumeAttributesClass that the volume names, must be older than the claim: else others of their
  names may have made the volume. A claim that comes too early is refused at once; create it again. A default class that is younger than a
  claim that waits for one is refused for the same reason.
- A volume that is named after the uid of another claim was made for that, and nothing shows its class: \`storageClassName\` can be written over
  while no claim has it. So a volume that was kept, and one that a backup tool made for a claim of its own, is attested by its handle
  before another claim takes it.
- What is restored from a VolumeSnapshotContent is what \`status.snapshotHandle\` names, once it is there.
- A volume or a snapshot that nobody's class made is attested by its handle: \`volume: {driver, handle}\`, \`snapshot: {driver, handle}\`. For drivers
  whose volumes are shares the attributes of the PersistentVolume, not the handle, say where the data lies: whoever may write PersistentVolumes decides.
- A clone, and a restore while the snapshot's claim is there, must come from a claim that is encrypted as required.
- Pods go on using claims that are older than \`enforcedSince\`. Set it, and pods also go on where a class was deleted or made anew, or an
  attestation has expired, since the claim was let in. Each time it is reported.`;

/** Renders docs/storage.md: the catalog as tables, and what to do about provisioners that are not in it. */
export function storagePage(): string {
  return [
    '# Storage: what shows encryption at rest',
    INTRODUCTION,
    catalogTable(),
    COLUMNS,
    BESIDE,
    claimKeysTable(),
    CLASS_ANNOTATIONS,
    classAnnotationsTable(),
    ELSEWHERE,
    elsewhereTable(),
    ATTESTING,
    BEYOND,
    "## Customer's keys",
    'How `customerKeys` and `keyId` name a key. Aliases and bare ids are refused: they may come to mean another key.',
    markdownTable([['of', 'expected'], ...CUSTOMER_KEY_FORMS.map(({ format, expected }) => [format, expected])]),
    READING,
    readingTable(),
  ]
    .join('\n\n')
    .concat('\n');
}
