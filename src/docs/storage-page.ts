import { CATALOG } from '../storage/catalog.ts';
import { CLAIM_ANNOTATIONS } from '../storage/claim-annotations.ts';
import { CUSTOMER_KEY_FORMS } from '../storage/keys.ts';
import { secretKey } from '../storage/parameters.ts';
import type { Condition, KeySource, Provisioner, SecretSource } from '../storage/provisioner.ts';
import { markdownTable } from './markdown-table.ts';

const INTRODUCTION = `Which StorageClasses show that their volumes are encrypted at rest, and whose key it is. What a class does not show, the
owner of the cluster can state in the configuration; nothing in the cluster can, for a tenant may write there.

\`qdrant-admission storage classes\` judges the classes of a cluster, or of files, by this page.

## The catalog

Only the exact text \`true\` counts as on: drivers differ in what else they take for it. A class that has two keys which differ in
case only is refused, for which of the two the driver takes may be chance. So is a Secret whose name is a template: whoever makes a
claim would choose the key. A provisioner that is not listed shows nothing.`;

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

It counts for a class of this name, this provisioner and exactly these parameters, until it expires. With \`keyId\` it also states
the customer's key. A class that is ambiguous cannot be attested.`;

const BEYOND = `## What else is looked at

- A claim is let in by its class, and looked at again when it is bound: the volume must be of the class's driver, made by its provisioner, and
  repeat its parameters. The class must be older than the claim, by a second at least: else another of its name may have
  made the volume. A claim that comes too early is refused at once; create it again. A default class that is younger than a claim
  that waits for one is refused for the same reason.
- A volume or a snapshot that nobody's class made is attested by its handle: \`volume: {driver, handle}\`, \`snapshot: {driver, handle}\`. For drivers
  whose volumes are shares the attributes of the PersistentVolume, not the handle, say where the data lies: whoever may write PersistentVolumes decides.
- A clone, and a restore while the snapshot's claim is there, must come from a claim that is encrypted as required.
- Pods go on using claims that are older than \`enforcedSince\`. Set it, and pods also go on where a class was deleted or made anew, or an
  attestation has expired, since the claim was let in. Each time it is reported.`;

/** Renders docs/storage.md: the catalog as tables, and what to do about provisioners that are not in it. */
export function storagePage(): string {
  const head = [
    'provisioner',
    'of',
    'encrypted',
    "customer's key",
    'keys in any case',
    'clone',
    'restore',
    'proves nothing',
  ];
  const catalog = markdownTable([head, ...CATALOG.map(rowOf)]);
  const annotations = CLAIM_ANNOTATIONS.map(({ key, match, allowed, why }) => [
    `\`${key}${match === 'prefix' ? '*' : ''}\``,
    allowed === undefined ? '' : `\`${allowed}\``,
    why,
  ]);
  return [
    '# Storage: what shows encryption at rest',
    INTRODUCTION,
    catalog,
    'Clone and restore: `class` gets what its class says, `source` is as what it was made from, `refused` where the two differ.',
    ATTESTING,
    BEYOND,
    "## Customer's keys",
    'How `customerKeys` and `keyId` name a key. Aliases and bare ids are refused: they may come to mean another key.',
    markdownTable([['of', 'expected'], ...CUSTOMER_KEY_FORMS.map(({ format, expected }) => [format, expected])]),
    '## Annotations of claims that override a class',
    markdownTable([['annotation', 'fine with', 'what it does'], ...annotations]),
  ]
    .join('\n\n')
    .concat('\n');
}

function rowOf(row: Provisioner): string[] {
  return [
    `\`${row.prefixed ? '[LABEL.]' : ''}${row.name}\``,
    row.title,
    encryptedWhen(row),
    row.customerKey && row.storage === 'block' ? keyText(row.customerKey) : '',
    row.keyCase === 'any' ? 'yes' : 'no',
    row.clone,
    row.restore,
    Object.keys(row.noProof ?? {})
      .map((key) => `\`${key}\``)
      .join(', '),
  ];
}

function encryptedWhen({ storage, level, condition }: Provisioner): string {
  if (storage === 'shared') return 'attested only: a shared file system';
  if (condition) return level === 'attested' ? `${conditionText(condition)}; else attested` : conditionText(condition);
  return level === 'platform' ? 'always' : 'attested only';
}

function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case 'true':
      return `\`${condition.key}: "true"\``;
    case 'one-of': {
      const [only, ...more] = condition.values;
      if (more.length === 0) return `\`${condition.key}: ${only}\``;
      const values = condition.values.map((value) => `\`${value}\``).join(', ');
      return `\`${condition.key}\` ${condition.orNotSet ? 'not set or ' : ''}one of ${values}`;
    }
    case 'set':
      return `\`${condition.key}\``;
    case 'not-set':
      return `no \`${condition.key}\``;
    case 'lists':
      return `\`${condition.key}\` with the word \`${condition.word}\``;
    case 'lists-none':
      return `no \`${condition.prefix}*\` in \`${condition.key}\``;
    case 'secret':
      return `Secret in ${secretText(condition.secret)}`;
    case 'no-secret':
      return `no Secret in ${secretText({ call: condition.call })}`;
    case 'all':
      return condition.of
        .map((part) => (part.kind === 'any' ? `(${conditionText(part)})` : conditionText(part)))
        .join(' and ');
    case 'any':
      return condition.of.map(conditionText).join(', or ');
  }
}

function secretText(secret: SecretSource): string {
  return 'call' in secret ? `\`csi.storage.k8s.io/${secret.call}-secret-*\`` : `\`${secretKey(secret)}\``;
}

function keyText(source: KeySource): string {
  const when = source.when ? ` with ${conditionText(source.when)}` : '';
  if (source.from === 'secret') return `the Secret${when}`;
  const keys = source.from === 'parameter' ? source.keys : source.parts.map(({ key }) => key);
  return `${keys.map((key) => `\`${key}\``).join(source.from === 'parameter' ? ', else ' : ', ')}${when}`;
}
