import { expect, it } from 'vitest';
import { patternProblem } from '../../src/images/flux-identities.ts';

it.each([
  '^https://token\\.actions\\.githubusercontent\\.com$',
  '^https://github\\.com/team/app/\\.github/workflows/(a|b)\\.yml@refs/tags/.*$',
  '^(?:first|second)@example\\.com$',
  '^[a|b]@example\\.com$',
  '^a\\|b$',
])('%s names somebody', (pattern) => {
  expect(patternProblem(pattern)).toBeUndefined();
});

it.each([
  ['https://github.com/team/app', 'begin it with ^'],
  ['^https://github.com/team/', 'end it with $'],
  ['^https://github.com/team/\\$', 'end it with $'],
  ['^team|other$', 'into parentheses'],
  ['^(team|other)|us$', 'into parentheses'],
  ['^[\\]]|c$', 'into parentheses'],
  ['^(?m)team$', 'leave out the flags'],
  ['^.*$', 'for anybody'],
  ['^https://.*$', 'for anybody'],
  ['^(team|)$', 'for anybody'],
  ['', 'for anybody'],
  ['^(team$', 'a regular expression'],
])('%s is refused', (pattern, said) => {
  expect(patternProblem(pattern)).toContain(said);
});

it('takes no pattern for anybody that is longer than it looks', () => {
  expect(patternProblem('^(?:.|\\n){0,100}$')).toContain('for anybody');
});
