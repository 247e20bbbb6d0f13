import { parseStatement, summarise } from '../images/statements.ts';
import { failure } from '../k8s/result.ts';
import type { CandidateResult, DocumentResult, DocumentTask, Task, Verification } from './tasks.ts';
import { TrustMaterials } from './trust-material.ts';
import { verifyCandidate } from './verify-candidate.ts';

/** Does a task, in milliseconds of this thread's time. */
export function runTask(task: Task, materials: TrustMaterials): CandidateResult | DocumentResult {
  return task.kind === 'candidate' ? verifyCandidate(task, materials) : readDocument(task);
}

/** Verification in this thread, for commands that do nothing else meanwhile. */
export function verifyInProcess(): Verification {
  const materials = new TrustMaterials();
  return {
    async candidate(task, signal) {
      signal.throwIfAborted();
      return verifyCandidate(task, materials);
    },
    async document(task, signal) {
      signal.throwIfAborted();
      return readDocument(task);
    },
  };
}

function readDocument({ bytes, digest, predicateType }: DocumentTask): DocumentResult {
  const statement = parseStatement(bytes, digest);
  if (!statement.ok) return statement;
  // What the index lists as one thing must not count as another.
  if (statement.value.predicateType !== predicateType) {
    return failure(`it is listed as ${predicateType} and says that it is ${statement.value.predicateType}`);
  }
  return summarise(statement.value, digest);
}
