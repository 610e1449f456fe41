import { z } from 'zod';
import type { EpochCommit, StageRecord } from '../src/index.ts';

/** What these tests' trainings record. */
export const epochs = {
  metrics: z.object({ trainLoss: z.number() }),
  environment: z.object({ device: z.string() }),
};

export const stageRecord = (digest: string, madeBy: string): StageRecord => ({
  schemaVersion: 1,
  stage: 'data',
  fingerprint: 'f'.repeat(64),
  version: 1,
  inputs: { seed: 1 },
  outputs: { split: { sha256: digest.repeat(64), bytes: 1 } },
  summary: {},
  environment: null,
  madeBy,
  timing: { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z', seconds: 1 },
});

export const epochCommit = (epoch: number, digest: string): EpochCommit => ({
  schemaVersion: 1,
  epoch,
  metrics: { trainLoss: 0.5 },
  checkpoint: { sha256: digest.repeat(64), bytes: 1 },
  seconds: 1,
  environment: { device: 'cpu' },
  madeBy: 'test',
});
