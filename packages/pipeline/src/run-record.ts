import type { BlobRef, CodeIdentity, StageRecord } from '@atelier/artifacts';
import { UserError, WorldError } from '@atelier/errors';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { advanceLatestRun } from './latest-run.ts';
import { failureTypes } from './names.ts';
import { type FinishedRun, provenanceFile, provenanceOf } from './provenance/statement.ts';
import type { RunConfig } from './run-configuration.ts';
import type { Store } from './run-store.ts';
import { translateFailure } from './stage-activity/translate-failure.ts';
import { filesOf, type Outcomes, planOf, type RunIdentity } from './stages/index.ts';

interface OpenInput {
  run: RunIdentity;
  config: RunConfig;
  seed: number;
}

export interface CloseInput extends OpenInput {
  status: 'finished' | 'cancelled' | 'aborted';
  outcomes: Partial<Outcomes>;
}

export interface RunRecordActivities {
  openRun(input: OpenInput): Promise<void>;
  closeRun(input: CloseInput): Promise<void>;
}

interface RunRecord {
  schemaVersion: 1;
  runId: string;
  workflowId: string;
  executionId: string;
  status: 'running' | CloseInput['status'];
  startedAt: string;
  finishedAt?: string;
  seed: number;
  configuration: RunConfig;
  /** The code of the worker that wrote this; that of each stage's work is in its record. */
  code: CodeIdentity;
}

const encode = (record: RunRecord & Record<string, unknown>): Buffer =>
  Buffer.from(`${JSON.stringify(record, null, 2)}\n`);

const recordOf = (
  run: RunIdentity,
  seed: number,
  configuration: RunConfig,
  code: CodeIdentity,
) => ({
  schemaVersion: 1 as const,
  runId: run.runId,
  workflowId: run.workflowId,
  executionId: run.executionId,
  startedAt: run.startedAt,
  seed,
  configuration,
  code,
});

/** run.json: claims the run's id when it opens, and says what came of it when it closes. */
export function runRecordActivities(store: Store, code: CodeIdentity): RunRecordActivities {
  const never = new AbortController().signal;
  const translated = <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((error) => {
      throw translateFailure(error, never);
    });

  return {
    openRun: ({ run, config, seed }) =>
      translated(async () => {
        const record = encode({ ...recordOf(run, seed, config, code), status: 'running' });
        if (await store.createRunFile(run.runId, 'run.json', record)) return;
        const claim = await claimOn(store, run.runId);
        if (claim?.owner === run.executionId) return;
        if (claim !== undefined && claim.owner === undefined) throw unreadable(store, run.runId);
        throw ApplicationFailure.nonRetryable(
          `There is a run ${run.runId} already, in bucket ${store.bucket}.`,
          failureTypes.runExists,
        );
      }),
    closeRun: ({ run, config, seed, status, outcomes }) =>
      translated(async () => {
        // A run that ended before it had claimed its id, which may be another's.
        const claim = await claimOn(store, run.runId);
        if (claim?.owner !== undefined && claim.owner !== run.executionId) return;
        const finishedAt = new Date().toISOString();
        const made = { run, config, seed, outcomes, files: filesOf(outcomes), finishedAt, code };
        const files = status === 'finished' ? await withProvenance(store, made) : made.files;
        const record = encode({
          ...recordOf(run, seed, config, code),
          status,
          finishedAt,
          stages: outcomes,
          files,
        });
        if (claim !== undefined) await store.putRunFile(run.runId, 'run.json', record);
        else if (!(await store.createRunFile(run.runId, 'run.json', record)))
          throw new WorldError({
            what: `The record of run ${run.runId} appeared while it was written.`,
            remedy: 'it is looked at again',
          });
        // Last of all: what the pointer names is there.
        if (status === 'finished') await advanceLatestRun(store, run);
      }),
  };
}

/** Says where a run's files come from, in one more file beside the model. */
async function withProvenance(
  store: Store,
  finished: Omit<FinishedRun, 'records'>,
): Promise<Record<string, BlobRef>> {
  const { outcomes, files, run } = finished;
  const read = Object.entries(outcomes).map(
    async ([name, { fingerprint }]): Promise<[string, StageRecord | undefined]> => {
      const plan = planOf(name);
      return [name, plan && (await store.readStage(plan.record, fingerprint))];
    },
  );
  const records = Object.fromEntries(await Promise.all(read));
  const provenance = provenanceOf({ ...finished, records });
  const content = Buffer.from(`${JSON.stringify(provenance, null, 2)}\n`);
  await store.putRunFile(run.runId, provenanceFile, content);
  return { ...files, [provenanceFile]: await store.putBlob(content, 'application/json') };
}

const claimSchema = z.looseObject({ executionId: z.string() });

/** The execution that holds a run's id; none where that cannot be read, undefined where it is free. */
async function claimOn(store: Store, runId: string): Promise<{ owner?: string } | undefined> {
  const found = await store.readRunDocument(runId, 'run.json', claimSchema);
  if (found === undefined) return undefined;
  return found.value === undefined ? {} : { owner: found.value.executionId };
}

const unreadable = (store: Store, runId: string): UserError =>
  new UserError({
    what: `The record of run ${runId} cannot be read.`,
    where: `s3://${store.bucket}/runs/${runId}/run.json`,
    expected: 'a run.json as Atelier writes it, or none',
    remedy: 'start the run under another name, or move this file away and retry',
  });
