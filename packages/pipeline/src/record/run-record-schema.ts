import { blobRefSchema } from '@atelier/artifacts/blob-ref';
import { z } from 'zod';
import { runIdForm } from '../names.ts';
import { runFileName } from '../run-store.ts';
import { runSourceSchema } from '../source/run-source.ts';
import { runSeedsSchema } from './run-seeds.ts';
import { runStatuses } from './run-status.ts';
import { stageTimeSchema } from './timeline.ts';

export const whySchema = z.object({
  stage: z.string(),
  kind: z.string(),
  message: z.string(),
  remedy: z.string().optional(),
});

export const startedBySchema = z.object({
  kind: z.enum(['person', 'schedule', 'run']),
  name: z.string().optional(),
});

const stageSchema = z.looseObject({
  fingerprint: z.string(),
  seconds: z.number(),
  cache: z.looseObject({ hit: z.boolean(), why: z.string() }),
  outputs: z.record(z.string(), z.looseObject({ sha256: z.string(), bytes: z.number() })),
  madeBy: z.string(),
});

/**
 * run.json, as far as it tells people and the index of the run. What was added later is optional:
 * records of versions before are read, too.
 */
export const runRecordSchema = z.looseObject({
  runId: z.string().regex(runIdForm),
  workflowId: z.string(),
  executionId: z.string(),
  status: z.enum(runStatuses),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
  /** Of two writings by the run the one with the higher number is newer. */
  revision: z.int().min(0).default(0),
  why: whySchema.optional(),
  startedBy: startedBySchema.optional(),
  /** Unknown of a night that ended before it had drawn one. */
  seed: z.number().optional(),
  configuration: z.looseObject({
    dataset: z.looseObject({ name: z.string() }),
    recipe: z.looseObject({ epochs: z.number() }),
  }),
  /** What of it was no default when the run was started, see `changedSettings`. */
  changed: z.record(z.string(), z.json()).optional(),
  code: z.looseObject({ commit: z.string().optional(), dirty: z.boolean().optional() }).optional(),
  /** The numbers that the run is known by, as far as it came. */
  results: z.record(z.string(), z.number()).optional(),
  notices: z.array(z.string()).default([]),
  timeline: z.array(stageTimeSchema).default([]),
  /** What a run has found whose dataset's files are followed. */
  source: runSourceSchema.optional(),
  /** The seeds that it has others train, to go on with the median one. */
  seeds: runSeedsSchema.optional(),
  /** The stages that are done. */
  stages: z.record(z.string(), stageSchema).default({}),
  files: z.record(runFileName, blobRefSchema).default({}),
});

export type RunRecord = z.infer<typeof runRecordSchema>;
