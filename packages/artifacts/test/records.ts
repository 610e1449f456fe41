import { z } from 'zod';
import { blobRefSchema, type EpochCommit, fingerprint } from '../src/index.ts';

/** What these tests' trainings record. */
export const epochs = {
  metrics: z.object({ trainLoss: z.number() }),
  environment: z.object({ device: z.string() }),
};

/** What these tests' stage makes. */
export const stage = {
  name: 'data',
  outputs: z.strictObject({ split: blobRefSchema }),
  summary: z.object({ images: z.int() }),
};

/** Names this stage's work with a seed. */
export const fingerprintOf = (seed: number): string =>
  fingerprint({ stage: stage.name, version: 1, inputs: { seed } });

export const stageRecord = (digest: string, madeBy: string, seed = 1) => ({
  schemaVersion: 1 as const,
  stage: stage.name,
  fingerprint: fingerprintOf(seed),
  version: 1,
  inputs: { seed },
  outputs: { split: { sha256: digest.repeat(64), bytes: 1 } },
  summary: { images: 4 },
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
