import { describe, expect, it } from 'vitest';
import type { ImageEvidence, StatementContent, VexStatement, Vulnerability } from '../../src/images/evidence.ts';
import { judgeScan } from '../../src/images/judge-scan.ts';
import { imageSetOf } from '../../src/images/policy-configuration.ts';
import type { AcceptedVulnerability, ScanDemand } from '../../src/images/settings.ts';
import {
  attestation,
  DIGEST,
  evidence,
  IMAGE,
  NOW,
  referenceOf,
  scan,
  statement,
  vulnerability,
} from './evidence-objects.ts';

const DEMAND: ScanDemand = {
  authorities: ['scanners'],
  scanners: [],
  maxAgeDays: 3,
  refuse: ['CRITICAL', 'HIGH'],
  vexAuthorities: ['security'],
};
const YESTERDAY = '2026-11-29T00:00:00Z';

function judged(
  contents: readonly (readonly [string, StatementContent])[],
  { demand = DEMAND, accepted = [] as AcceptedVulnerability[], more = {} as Partial<ImageEvidence> } = {},
) {
  const attestations = contents.map(([by, content]) => attestation(by, content));
  return judgeScan(evidence({ attestations, ...more }), demand, { reference: referenceOf(), accepted, now: NOW });
}

/** What becomes of one vulnerability in a fresh report, beside these statements and acceptances. */
function judgedWith(
  found: Vulnerability,
  statements: readonly VexStatement[],
  { by = 'security', accepted = [] as AcceptedVulnerability[] } = {},
): 'refused' | 'set aside' {
  const problems = judged(
    [
      ['scanners', scan(YESTERDAY, [found])],
      [by, { kind: 'vex', author: 'a', statements }],
    ],
    { accepted },
  );
  expect(problems).toHaveLength(1);
  return problems[0]?.tolerated === undefined ? 'refused' : 'set aside';
}

describe('a report', () => {
  it('has to be there, of an authority and a scanner that the policy names', () => {
    expect(judged([])).toMatchObject([{ required: expect.stringContaining('signed by scanners: there is none') }]);
    expect(judged([['team', scan(YESTERDAY)]])).toHaveLength(1);
    const demand = { ...DEMAND, scanners: ['trivy'] };
    for (const [scanner, counts] of [
      ['trivy', true],
      ['trivy@0.60.0', true],
      ['trivy 0.60.0', true],
      ['trivy-evil@0.60.0', false],
      ['grype', false],
    ] as const) {
      expect(judged([['scanners', scan(YESTERDAY, [], scanner)]], { demand }).length === 0, scanner).toBe(counts);
    }
  });

  it('may be so many days old, to the moment', () => {
    expect(judged([['scanners', scan('2026-11-27T00:00:00Z')]])).toEqual([]);
    expect(judged([['scanners', scan('2026-11-26T23:59:59Z')]])).toMatchObject([
      { required: 'have it scanned again: the newest report is of 2026-11-26T23:59:59.000Z, expected at most 3 days' },
    ]);
  });

  it('is not of the future, but for clocks that differ a little', () => {
    expect(judged([['scanners', scan('2026-11-30T00:05:00Z')]])).toEqual([]);
    expect(judged([['scanners', scan('2026-11-30T00:05:01Z')]])).toHaveLength(1);
    expect(judged([['scanners', scan('no time at all')]])).toHaveLength(1);
  });

  it('counts only where it is the newest: an old clean one is replayed by whoever may write to the registry', () => {
    const clean = ['scanners', scan('2026-11-28T00:00:00Z')] as const;
    const newer = ['scanners', scan(YESTERDAY, [vulnerability()])] as const;
    expect(judged([clean, newer])).toHaveLength(1);
    expect(judged([newer, clean])).toHaveLength(1);
    const newest = ['scanners', scan('2026-11-29T12:00:00Z')] as const;
    expect(judged([newer, newest])).toEqual([]);
    // Nobody but the authority makes the newest one.
    expect(judged([newer, ['team', scan('2026-11-29T12:00:00Z')]])).toHaveLength(1);
  });

  it('that cannot be read may be newer than those that can', () => {
    expect(judged([['scanners', scan(YESTERDAY)]], { more: { incomplete: 'x' } })).toMatchObject([{ unknown: 'x' }]);
  });
});

describe('a vulnerability', () => {
  it('refuses by its severity, the worst first', () => {
    const all = (['LOW', 'HIGH', 'UNKNOWN', 'CRITICAL', 'MEDIUM'] as const).map((severity) =>
      vulnerability({ severity, id: `CVE-${severity}` }),
    );
    const [problem, ...others] = judged([['scanners', scan(YESTERDAY, all)]]);
    expect(others).toEqual([]);
    expect(problem?.required).toContain(
      'without CRITICAL CVE-CRITICAL in openssl 3.0.1, HIGH CVE-HIGH in openssl 3.0.1 (found',
    );
    const demand = { ...DEMAND, refuse: ['UNKNOWN'] as const };
    expect(judged([['scanners', scan(YESTERDAY, all)]], { demand })[0]?.required).toContain('UNKNOWN CVE-UNKNOWN');
  });

  it('is named, and of very many the first five', () => {
    const many = Array.from({ length: 700 }, (_, i) => vulnerability({ id: `CVE-${i}\u001b` }));
    const [problem] = judged([['scanners', scan(YESTERDAY, many)]]);
    expect(problem?.required).toContain('CVE-4\\u{1b} in openssl 3.0.1, and 695 more');
    expect(problem?.required.length).toBeLessThan(900);
  });
});

describe('a vulnerability is set aside by a VEX statement', () => {
  const PURL = 'pkg:deb/debian/openssl@3.0.1';

  it.each([
    ['on the package in this image', {}, 'set aside'],
    ['that it was mended', { status: 'fixed' }, 'set aside'],
    ['on this image as a whole', { subcomponents: [] }, 'set aside'],
    ['on the digest alone', { products: [DIGEST] }, 'set aside'],
    ['on the image by its package URL', { products: [`pkg:oci/loader@${DIGEST}?repository_url=x`] }, 'set aside'],
    [
      'on the image by its package URL, escaped',
      { products: [`pkg:oci/loader@${DIGEST.replace(':', '%3A')}`] },
      'set aside',
    ],
    ['on the package as a product', { products: [PURL], subcomponents: [] }, 'set aside'],
    ['on the package with all its qualifiers', { products: [`${PURL}?arch=amd64`] }, 'set aside'],
    ['but not on another package', { subcomponents: ['pkg:deb/debian/bash@3.0.1'] }, 'refused'],
    ['but not on another version of it', { subcomponents: ['pkg:deb/debian/openssl@3.0.2'] }, 'refused'],
    ['but not on the package of another architecture', { subcomponents: [`${PURL}?arch=arm64`] }, 'refused'],
    ['but not on another image', { products: [IMAGE.replace(/9$/, '8')] }, 'refused'],
    ['but not on an image by its name', { products: ['registry.example.com/team/loader'] }, 'refused'],
    ['but not on nothing', { products: [], subcomponents: [] }, 'refused'],
    ['but not on another vulnerability', { vulnerability: 'CVE-2026-11' }, 'refused'],
    ['but not that it is affected', { status: 'affected' }, 'refused'],
    ['but not that somebody looks into it', { status: 'under_investigation' }, 'refused'],
    ['but not of the future', { at: new Date('2026-12-01T00:00:00Z') }, 'refused'],
  ] as const)('%s', (_, parts, expected) => {
    expect(judgedWith(vulnerability(), [statement(parts)])).toBe(expected);
  });

  it('of an author whom the policy trusts with that, and of no other', () => {
    for (const by of ['scanners', 'team']) expect(judgedWith(vulnerability(), [statement()], { by })).toBe('refused');
  });

  it('and no longer once a newer one takes it back', () => {
    const later = statement({ status: 'affected', at: new Date('2026-11-29T12:00:00Z') });
    expect(judgedWith(vulnerability(), [statement(), later])).toBe('refused');
    expect(judgedWith(vulnerability(), [later, statement()])).toBe('refused');
    const again = statement({ at: new Date('2026-11-29T18:00:00Z') });
    expect(judgedWith(vulnerability(), [later, again, statement()])).toBe('set aside');
    const sameTime = statement({ status: 'affected' });
    expect(judgedWith(vulnerability(), [statement(), sameTime])).toBe('refused');
    expect(judgedWith(vulnerability(), [sameTime, statement()])).toBe('refused');
  });

  it('by the image alone where the scanner gives no package URL', () => {
    const { purl: _, ...bare } = vulnerability();
    expect(judgedWith(bare, [statement()])).toBe('refused');
    expect(judgedWith(bare, [statement({ subcomponents: [] })])).toBe('set aside');
  });
});

describe('a vulnerability is set aside by an acceptance', () => {
  const ACCEPTED: AcceptedVulnerability = {
    id: 'CVE-2026-1',
    package: 'openssl',
    images: imageSetOf({ images: ['registry.example.com/team'] }),
    reason: 'not reachable',
    responsible: 'ada',
    expires: new Date('2026-12-01T00:00:00Z'),
  };

  it.each([
    ['of its id, package and image', {}, 'set aside'],
    ['of whatever package', { package: undefined }, 'set aside'],
    ['but not of another package', { package: 'bash' }, 'refused'],
    ['but not of another id', { id: 'CVE-2026-11' }, 'refused'],
    ['but not of other images', { images: imageSetOf({ images: ['registry.example.com/te'] }) }, 'refused'],
    ['but not of one that has ended', { expires: NOW }, 'refused'],
  ] as const)('%s', (_, parts, expected) => {
    expect(judgedWith(vulnerability(), [], { accepted: [{ ...ACCEPTED, ...parts }] })).toBe(expected);
  });

  it('and what was set aside is said: by whom, why and until when', () => {
    const other = vulnerability({ id: 'CVE-2026-2' });
    const problems = judged([['scanners', scan(YESTERDAY, [vulnerability(), other])]], { accepted: [ACCEPTED] });
    expect(problems).toMatchObject([
      { required: expect.stringContaining('without CRITICAL CVE-2026-2') },
      {
        tolerated:
          '1 set aside: CRITICAL CVE-2026-1 in openssl 3.0.1 (accepted until 2026-12-01T00:00:00.000Z by ada: not reachable)',
      },
    ]);
  });
});
