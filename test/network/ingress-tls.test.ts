import { describe, expect, it } from 'vitest';
import { coversHost, isAllowed, isMeant, TLS_ANNOTATIONS } from '../../src/network/ingress-tls.ts';
import { WAY_IN_CONTROLLERS } from '../../src/network/way-in-controllers.ts';

describe('a certificate', () => {
  it.each([
    [['qdrant.example.com'], 'qdrant.example.com', true],
    [['*.example.com'], 'qdrant.example.com', true],
    [['*.example.com'], '*.example.com', true],
    [['*.example.com'], 'a.b.example.com', false],
    [['*.example.com'], 'example.com', false],
    [['*'], 'com', false],
    [['*'], '.com', false],
    [['qdrant.example.com'], '*.example.com', false],
    [['example.com'], 'qdrant.example.com', false],
    [[], 'qdrant.example.com', false],
  ])('for %j covers %s: %s', (hosts, host, expected) => {
    expect(coversHost(hosts, host)).toBe(expected);
  });
});

describe('the listeners of an ALB', () => {
  const row = TLS_ANNOTATIONS.find(({ key }) => key.endsWith('/listen-ports'));

  it.each([
    ['[{"HTTPS": 443}]', true],
    ['[{"HTTPS": 443}, {"HTTPS": 8443}]', true],
    ['[{"HTTP": 80}]', false],
    ['[{"HTTPS": 443}, {"HTTP": 80}]', false],
    ['[{"HTTPS": 443, "HTTP": 80}]', false],
    ['[{}]', false],
    ['[]', false],
    ['[null]', false],
    ['{"HTTPS": 443}', false],
    ['HTTPS', false],
    ['', false],
  ])('%s: %s', (value, expected) => {
    expect(row && isAllowed(row, value)).toBe(expected);
  });
});

describe('the tables', () => {
  it('name each annotation and each controller once', () => {
    const keys = TLS_ANNOTATIONS.map(({ key }) => key);
    const names = WAY_IN_CONTROLLERS.map(({ name }) => name);
    expect(keys).toEqual([...new Set(keys)].sort());
    expect(names).toEqual([...new Set(names)].sort());
  });

  it('know every controller that needs an annotation', () => {
    const names = WAY_IN_CONTROLLERS.map(({ name }) => name);
    for (const { neededBy } of TLS_ANNOTATIONS) if (neededBy !== undefined) expect(names).toContain(neededBy);
  });

  it('mean whole keys, and only with a dot at the end their beginning', () => {
    const [actions] = TLS_ANNOTATIONS;
    expect(actions && isMeant(actions, 'alb.ingress.kubernetes.io/actions.evil')).toBe(true);
    const [, whole] = TLS_ANNOTATIONS;
    expect(whole && isMeant(whole, `${whole.key}.evil`)).toBe(false);
  });
});
