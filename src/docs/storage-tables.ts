import { CATALOG } from '../storage/catalog.ts';
import { claimKeysOf } from '../storage/claim-keys.ts';
import { secretKey } from '../storage/parameters.ts';
import type { ClaimKey, Condition, KeySource, Provisioner, RawBlock, SecretSource } from '../storage/provisioner.ts';
import { markdownTable } from './markdown-table.ts';

/** Every row: what of a class shows encryption, and whose key it is. */
export function catalogTable(): string {
  const head = [
    'provisioner',
    'of',
    'encrypted',
    "customer's key",
    'raw block',
    'keys in any case',
    'clone',
    'restore',
    'proves nothing',
  ];
  return markdownTable([head, ...CATALOG.map(rowOf)]);
}

/** Labels and annotations of claims that override a class. */
export function claimKeysTable(): string {
  const rows = CATALOG.flatMap((row) =>
    claimKeysOf(row).map((each) => [
      nameOf(row),
      `\`${each.key}${each.match === 'prefix' ? '*' : ''}\``,
      placeOf(each),
      each.allowed === undefined ? '' : `\`${each.allowed}\``,
      each.why,
    ]),
  );
  return markdownTable([['provisioner', 'key', 'in', 'fine with', 'what it does'], ...rows]);
}

/** Annotations of classes that their drivers read. */
export function classAnnotationsTable(): string {
  const rows = CATALOG.flatMap((row) =>
    (row.classAnnotations ?? []).map(({ key, why, narrows }) => [nameOf(row), `\`${key}\``, narrows ? '' : 'yes', why]),
  );
  return markdownTable([['provisioner', 'annotation', 'decides', 'what it does'], ...rows]);
}

/** Parameters that send data elsewhere. */
export function elsewhereTable(): string {
  const rows = CATALOG.flatMap((row) =>
    (row.elsewhere ?? []).map(({ key, why, harmless = [], keyOnly }) => [
      nameOf(row),
      `\`${key}\``,
      harmless.map((value) => `\`${value}\``).join(', '),
      keyOnly ? 'only the key' : 'encryption',
      why,
    ]),
  );
  return markdownTable([['provisioner', 'parameter', 'fine with', 'no longer shown', 'where to'], ...rows]);
}

/** What each row rests on. */
export function readingTable(): string {
  const rows = CATALOG.map((row) => [nameOf(row), row.read ?? '', row.unread ?? '']);
  return markdownTable([['provisioner', 'read', 'could not be read'], ...rows]);
}

function nameOf({ name, prefixed }: Provisioner): string {
  return `\`${prefixed ? '[LABEL.]' : ''}${name}\``;
}

function placeOf({ in: where }: ClaimKey): string {
  return where === 'either' ? 'labels, annotations' : where;
}

function rowOf(row: Provisioner): string[] {
  return [
    nameOf(row),
    row.title,
    encryptedWhen(row),
    row.customerKey && row.storage === 'block' ? keyText(row.customerKey) : '',
    row.rawBlock === undefined ? '' : rawBlockText(row.rawBlock),
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

function rawBlockText(rawBlock: RawBlock): string {
  if (typeof rawBlock === 'object') return `with ${conditionText(rawBlock)}`;
  return rawBlock === 'not-shown' ? 'not shown' : rawBlock;
}

function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case 'true':
      return `\`${condition.key}: "true"\``;
    case 'one-of': {
      const [only, ...more] = condition.values;
      if (more.length === 0 && !condition.orNotSet) return `\`${condition.key}: ${only}\``;
      const values = condition.values.map((value) => `\`${value}\``).join(', ');
      if (more.length === 0) return `\`${condition.key}\` not set or ${values}`;
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
      return `Secret in ${secretText(condition.secret)}${condition.orTemplate ? ', or a template of its name' : ''}`;
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
