import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diffOutputSchema } from '../../../src/cli/network/diff/json.ts';
import { runProgram, type Surroundings } from '../../support/command-line.ts';
import { files } from '../../support/review-run.ts';

const diff = (args: readonly string[], around?: Surroundings) => runProgram(['network', 'diff', ...args], around);

function policy(name: string, spec: object, namespace: string | undefined = 'qdrant'): string {
  const metadata = { name, ...(namespace !== '' && { namespace }) };
  return `${JSON.stringify({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec })}\n---\n`;
}

const DENY = policy('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
const from = (...cidrs: readonly string[]) =>
  policy('allow-clients', {
    podSelector: { matchLabels: { app: 'qdrant' } },
    ingress: [{ from: cidrs.map((cidr) => ({ ipBlock: { cidr } })), ports: [{ port: 6333 }] }],
  });

/** Runs it on two files. */
async function compare(before: string, after: string, ...args: readonly string[]) {
  const root = await files({ 'old.yaml': before, 'new.yaml': after });
  return await diff([...args, join(root, 'old.yaml'), join(root, 'new.yaml')]);
}

describe('network diff', () => {
  it('says in words what is opened and closed, and ends with 1 where something is opened', async () => {
    const { code, stdout, stderr } = await compare(
      DENY + from('10.0.0.0/8'),
      DENY + from('10.0.0.0/9', '192.0.2.0/24'),
    );
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toBe(`namespace qdrant
  + pods app=qdrant are now reached by 192.0.2.0/24 on TCP 6333 (allow-clients)
  - pods app=qdrant are no longer reached by 10.128.0.0/9 on TCP 6333 (allow-clients)
opened: 1, closed: 1
`);
  });

  it('ends with 0 where nothing is opened', async () => {
    const { code, stdout } = await compare(DENY + from('10.0.0.0/8'), DENY);
    expect(code).toBe(0);
    expect(stdout).toContain('  - pods app=qdrant are no longer reached by 10.0.0.0/8 on TCP 6333 (allow-clients)\n');
    const same = await compare(DENY + from('10.0.0.0/8'), from('10.128.0.0/9', '10.0.0.0/9') + DENY);
    expect(same).toEqual({ code: 0, stdout: 'no connection is opened or closed\n', stderr: '' });
  });

  it('tells what becomes of pods that are isolated from now on, or no longer', async () => {
    const isolated = await compare(policy('x', { podSelector: {} }, 'other'), DENY + from('10.0.0.0/8'));
    expect(isolated.code).toBe(1);
    expect(isolated.stdout).toBe(`namespace other
  + all pods are now reached by everything, in the cluster and outside of it: nothing isolates them any more (x)
namespace qdrant
  - all pods are no longer reached by everything, in the cluster and outside of it (default-deny)
  - pods app=qdrant are no longer reached by everything, in the cluster and outside of it (allow-clients, default-deny); still open:
      10.0.0.0/8 on TCP 6333 (allow-clients)
  - all pods no longer reach everything, in the cluster and outside of it (default-deny)
opened: 1, closed: 3
`);
  });

  it('names the pods for which another policy opens it before and after', async () => {
    const all = policy('all', {
      podSelector: {},
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 6333 }] }],
    });
    const { stdout } = await compare(DENY + all + from('10.0.0.0/8'), DENY + from('10.0.0.0/8'));
    expect(stdout).toContain(
      '- all pods are no longer reached by 10.0.0.0/8 on TCP 6333 (all), except pods app=qdrant, to which others open it\n',
    );
  });

  it('could not tell where a policy cannot be read, on either side', async () => {
    const { code, stdout } = await compare(DENY + from('10.0.0.0/8'), DENY + from('10.0.0.0/8', '10.0.0.0/33'));
    expect(code).toBe(2);
    expect(stdout).toContain(
      '  ? allow-clients (new): spec.ingress[0].from[1] cannot be read: expected at most 32 bits behind the slash\n',
    );
  });

  it('prints data that its schema describes', async () => {
    const { code, stdout } = await compare(DENY, DENY + from('10.0.0.0/8'), '--format', 'json');
    expect(code).toBe(1);
    const output = diffOutputSchema.parse(JSON.parse(stdout));
    expect(output.namespaces).toEqual([
      {
        namespace: 'qdrant',
        changes: [
          {
            does: 'opens',
            direction: 'Ingress',
            pods: 'app=qdrant',
            policies: [],
            connections: [
              {
                peer: { cidrs: ['10.0.0.0/8'] },
                ports: [{ protocol: 'TCP', from: 6333, to: 6333 }],
                policies: ['allow-clients'],
                except: [],
              },
            ],
            except: [],
            text: ['pods app=qdrant are now reached by 10.0.0.0/8 on TCP 6333 (allow-clients)'],
          },
        ],
        unreadable: [],
      },
    ]);
  });

  it('reads folders and standard input', async () => {
    const root = await files({ 'old/deny.yaml': DENY, 'old/allow.yaml': from('10.0.0.0/8') });
    const { code, stdout } = await diff([join(root, 'old'), '-'], { stdin: DENY + from('10.0.0.0/8') });
    expect([code, stdout]).toEqual([0, 'no connection is opened or closed\n']);
  });

  it('takes --namespace for policies that name none, and wants it there', async () => {
    const nowhere = policy('deny', { podSelector: {} }, '');
    const { code, stderr } = await compare(nowhere, nowhere);
    expect(code).toBe(3);
    expect(stderr).toContain('--namespace is missing: expected NAME of the namespace of policies that name none');
    expect((await compare(nowhere, nowhere, '-n', 'qdrant')).code).toBe(0);
  });

  it.each([
    [['-', '-'], 'OLD and NEW are "-": expected standard input once'],
    [['a'], 'NEW is missing: expected a file, a directory or -, as it will be'],
  ])('%j is a misuse', async (args, message) => {
    const { code, stdout, stderr } = await diff(args);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(`qdrant-admission network diff: ${message}`);
  });

  it('says that it was told to stop', async () => {
    const { code, stderr } = await diff(['-', 'new'], { signal: AbortSignal.abort(), stdin: DENY });
    expect([code, stderr]).toEqual([2, 'qdrant-admission network diff: interrupted\n']);
  });

  it('wants policies, and files that are there', async () => {
    const none = await compare('', '');
    expect(none.code).toBe(3);
    expect(none.stderr).toContain('hold no NetworkPolicy: expected at least one');
    const absent = await diff(['absent', '-']);
    expect([absent.code, absent.stderr]).toEqual([3, 'absent: does not exist\n']);
  });
});
