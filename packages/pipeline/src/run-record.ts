import {
  type BlobRef,
  type CodeIdentity,
  encodeDocument,
  type StageRecord,
} from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { advanceLatestRun } from './latest-run.ts';
import { failureTypes } from './names.ts';
import { type FinishedRun, provenanceFile, provenanceOf } from './provenance/statement.ts';
import { changedSettings } from './record/changed-settings.ts';
import { indexRun } from './record/run-index.ts';
import type { RunSeeds } from './record/run-seeds.ts';
import type { RunStatus, StartedBy, Why } from './record/run-status.ts';
import type { StageTime } from './record/timeline.ts';
import { changesChampion } from './registry/decision.ts';
import { defaultName } from './registry/decision-log.ts';
import { makeKnown } from './registry/publish-champion.ts';
import type { RunConfig } from './run-configuration.ts';
import type { Store } from './run-store.ts';
import type { RunSource } from './source/run-source.ts';
import { translateFailure } from './stage-activity/translate-failure.ts';
import { inTurn } from './stage-cache/in-turn.ts';
import { filesOf, numbersOfRun, type Outcomes, planOf, type RunIdentity } from './stages/index.ts';

interface OpenInput {
  run: RunIdentity;
  config: RunConfig;
  seed: number;
  /** Absent in runs that began before it was recorded. */
  startedBy?: StartedBy;
}

/** How a run stands, for its record. */
export interface NoteInput extends OpenInput {
  status: 'running' | 'parked';
  /** Grows with what the run has its record told: the workflow's time in ms; 0 is its opening. */
  revision: number;
  outcomes: Partial<Outcomes>;
  notices: readonly string[];
  why?: Why;
  /** Where its dataset's files are followed, and it has looked. */
  source?: RunSource;
  /** Where it has several seeds trained. */
  seeds?: RunSeeds;
}

export interface CloseInput extends Omit<NoteInput, 'status'> {
  status: Exclude<RunStatus, NoteInput['status']>;
}

export interface RunRecordActivities {
  openRun(input: OpenInput): Promise<void>;
  noteRun(input: NoteInput): Promise<void>;
  closeRun(input: CloseInput): Promise<void>;
}

/** Hands a record that was written on to who wants to know of it; once more does no harm. */
export type Tell = (record: Buffer) => Promise<void>;

/** How the stages of the run went that asks; undefined where Temporal does not say. */
export type ReadTimeline = () => Promise<StageTime[] | undefined>;

/**
 * run.json: claims the run's id when it opens, and says how the run stands until it closes. The run
 * itself writes it, and what it wrote later is never replaced by what it wrote before.
 */
export function runRecordActivities(
  store: Store,
  code: CodeIdentity,
  readTimeline: ReadTimeline,
  tell: Tell,
): RunRecordActivities {
  const never = new AbortController().signal;
  const translated = <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((error) => {
      throw translateFailure(error, never);
    });

  const recordOf = ({ run, seed, config, startedBy }: OpenInput) => ({
    schemaVersion: 1 as const,
    ...run,
    seed,
    ...(startedBy && { startedBy }),
    configuration: config,
    changed: changedSettings(config),
    // The code of the worker that wrote this; that of each stage's work is in its record.
    code,
  });

  async function standingOf(input: NoteInput | CloseInput) {
    const { status, revision, outcomes, notices, why, source, seeds } = input;
    const timeline = await readTimeline();
    // From the report on: before a model is put in use, its run says what it consists of.
    const files = outcomes.report && filesOf(outcomes);
    return {
      ...recordOf(input),
      status,
      revision,
      ...(why && { why }),
      ...(source && { source }),
      ...(seeds && { seeds }),
      results: numbersOfRun(outcomes),
      notices,
      ...(timeline && { timeline }),
      stages: outcomes,
      ...(files && { files }),
    };
  }

  /** One after the other in this process; other processes take part by compare-and-swap. */
  const tellIndex = (record: Buffer): Promise<void> =>
    inTurn(`index of ${store.bucket}`, never, () => indexRun(store, record));

  return {
    openRun: (input) =>
      translated(async () => {
        const { runId, executionId } = input.run;
        const record = encodeDocument({ ...recordOf(input), status: 'running', revision: 0 });
        if (await store.createRunFile(runId, 'run.json', record)) return tellIndex(record);
        const claim = await store.readRunDocument(runId, 'run.json', claimSchema);
        if (claim?.problem !== undefined) throw unreadable(store, runId);
        if (claim?.value?.executionId === executionId) return tellIndex(claim.content!);
        throw ApplicationFailure.nonRetryable(
          `There is a run ${runId} already, in bucket ${store.bucket}.`,
          failureTypes.runExists,
        );
      }),
    noteRun: (input) =>
      translated(async () => {
        const record = await renew(store, input, async () =>
          encodeDocument(await standingOf(input)),
        );
        if (record === undefined) return;
        await tellIndex(record);
        await tell(record);
      }),
    closeRun: (input) =>
      translated(async () => {
        const { run, config, seed, status, outcomes, source, startedBy } = input;
        const record = await renew(store, input, async () => {
          const finishedAt = new Date().toISOString();
          const files = filesOf(outcomes);
          const made = { run, config, source, seed, outcomes, files, finishedAt, code };
          const all = status === 'finished' ? await withProvenance(store, made) : files;
          return encodeDocument({ ...(await standingOf(input)), finishedAt, files: all });
        });
        if (record === undefined) return;
        await tellIndex(record);
        // Last of all: what the pointer names is there.
        // A seed that is trained for another run is no result by itself.
        if (status === 'finished' && startedBy?.kind !== 'run') await advanceLatestRun(store, run);
        // Its files are complete now.
        if (outcomes.promote && changesChampion(outcomes.promote.summary))
          await makeKnown(store, { dataset: config.dataset.name, name: defaultName });
        await tell(record);
      }),
  };
}

const claimSchema = z.looseObject({ executionId: z.string(), revision: z.int().default(0) });

/**
 * Puts a newer record in the place of what the run wrote before, or where nothing can be read; by
 * compare-and-swap, since an attempt that counts as lost may still write.
 * @returns the record that stands, if it is this one, of this attempt or an earlier one; undefined
 *   where it is newer, or another run's: a run may end before it has claimed its id
 */
async function renew(
  store: Store,
  { run: { runId, executionId }, revision }: NoteInput | CloseInput,
  content: () => Promise<Buffer>,
): Promise<Buffer | undefined> {
  for (;;) {
    const standing = await store.readRunDocument(runId, 'run.json', claimSchema);
    const { value, etag } = standing ?? {};
    if (value !== undefined && value.executionId !== executionId) return undefined;
    if (value?.revision === revision) return standing!.content;
    if (value !== undefined && value.revision > revision) return undefined;
    const record = await content();
    const isWritten = await (etag === undefined
      ? store.createRunFile(runId, 'run.json', record)
      : store.replaceRunFile(runId, 'run.json', record, etag));
    if (isWritten) return record;
  }
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
  const content = encodeDocument(provenance);
  await store.putRunFile(run.runId, provenanceFile, content);
  return { ...files, [provenanceFile]: await store.putBlob(content, 'application/json') };
}

const unreadable = (store: Store, runId: string): UserError =>
  new UserError({
    what: `The record of run ${runId} cannot be read.`,
    where: `s3://${store.bucket}/runs/${runId}/run.json`,
    expected: 'a run.json as Atelier writes it, or none',
    remedy: 'start the run under another name, or move this file away and retry',
  });
