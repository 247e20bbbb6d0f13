import { z } from 'zod';
import type { Change } from '../../../network/changes.ts';
import { describeSelector } from '../../../network/selectors.ts';
import type { Format } from '../../shared/formats.ts';
import { jsonPieces } from '../../shared/json-pieces.ts';
import { programOutput, programSchema } from '../../shared/program-output.ts';
import { peerOutput, peerSchema, portsOutput, portsSchema } from '../connections-output.ts';
import type { DiffReport } from './report.ts';
import { sentencesOf } from './words.ts';

const selector = z.string().describe('Which pods, as kubectl writes selectors; "everything" for all.');

const changeSchema = z.strictObject({
  does: z
    .enum(['opens', 'closes', 'isolates', 'frees'])
    .describe('isolates: all but the connections is closed; frees: whatever there is is open.'),
  direction: z.enum(['Ingress', 'Egress']),
  pods: selector,
  policies: z.array(z.string()).describe('Those that isolate from now on, or no longer do.'),
  connections: z
    .array(
      z.strictObject({
        peer: peerSchema,
        ports: portsSchema,
        policies: z.array(z.string()).describe('Those that open it now; where it is closed, those that did.'),
        except: z.array(selector).describe('Pods to which other policies open it before and after.'),
      }),
    )
    .describe('What is opened or closed; with isolates what stays open.'),
  except: z.array(selector).describe('Pods that others isolate before and after.'),
  text: z.array(z.string()).describe('The same in words, for people.'),
});

/** What `network diff --format json` prints. A change that readers could trip over raises schemaVersion. */
export const diffOutputSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    program: programSchema,
    exitCode: z.int().min(0).max(2).describe('0 nothing is opened, 1 connections are opened, 2 could not tell.'),
    namespaces: z
      .array(
        z.strictObject({
          namespace: z.string(),
          changes: z.array(changeSchema),
          unreadable: z.array(
            z.strictObject({
              in: z.enum(['old', 'new']),
              policy: z.string(),
              path: z.string().describe('Field path in the policy.'),
              problem: z.string().describe('What was expected there.'),
            }),
          ),
        }),
      )
      .describe('Those in which something changes or cannot be read.'),
  })
  .describe('The output of `qdrant-admission network diff --format json`.');

type DiffOutput = z.infer<typeof diffOutputSchema>;

/** For programs. */
export const JSON_OUTPUT: Format<DiffReport> = {
  write: (report) => jsonPieces(diffOutput(report)),
  schema: diffOutputSchema,
};

function diffOutput({ program, exitCode, namespaces }: DiffReport): DiffOutput {
  return {
    schemaVersion: 1,
    program: programOutput(program),
    exitCode,
    namespaces: namespaces.map(({ namespace, changes, unreadable }) => ({
      namespace,
      changes: changes.map((change) => changeOutput(change, namespace)),
      unreadable: [...unreadable],
    })),
  };
}

function changeOutput(change: Change, namespace: string): z.infer<typeof changeSchema> {
  const { does, direction, pods, policies, connections, except } = change;
  return {
    does,
    direction,
    pods: describeSelector(pods),
    policies: [...policies],
    connections: connections.map(({ peer, ports, policies: by, except: unmoved }) => ({
      peer: peerOutput(peer, namespace),
      ports: portsOutput(ports),
      policies: [...by],
      except: unmoved.map(describeSelector),
    })),
    except: except.map(describeSelector),
    text: sentencesOf(change, namespace).map(({ text, rest }) =>
      [text, rest.join('; ')].filter((part) => part !== '').join(' '),
    ),
  };
}
