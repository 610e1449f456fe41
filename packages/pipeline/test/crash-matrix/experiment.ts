import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticDataset } from '@atelier/data/testing';
import { resolveRunConfig } from '../../src/configuration/read-config.ts';
import { runOptionsSchema } from '../../src/configuration/run-options.ts';
import type { RunConfig } from '../../src/run-configuration.ts';

export interface Experiment {
  config: RunConfig;
  /** The same with a gate split, and one whose model is worse than any that the other could make. */
  gated: { candidate: RunConfig; champion: RunConfig };
  remove(): Promise<void>;
}

/**
 * Small networks by their kind. Of a cnn an epoch is long by itself, so that its examples are fewer.
 */
const networks = {
  mlp: { options: { widths: [64, 32], residual: 0 }, train: 4_000 },
  cnn: { options: { architecture: 'cnn', filters: [8, 16], activation: 'relu' }, train: 2_000 },
};

export type Kind = keyof typeof networks;
export const kinds = Object.keys(networks) as Kind[];

/**
 * The run of every cell: small enough for a hundred of them, and with epochs so long that the
 * trainer still has some before it when those in the middle are committed.
 */
export async function makeExperiment(kind: Kind): Promise<Experiment> {
  const { options: network, train } = networks[kind];
  const directory = await mkdtemp(join(tmpdir(), 'atelier-matrix-data-'));
  const dataset = await syntheticDataset({ directory, name: 'matrix', train });
  const options = runOptionsSchema.parse({
    dataset,
    network,
    recipe: { epochs: 8, batchSize: 32 },
  });
  const gateCount = 'half' as const;
  const untaught = { ...options.recipe, epochs: 1, learningRate: 1e-6 };
  return {
    config: await resolveRunConfig(options),
    gated: {
      candidate: await resolveRunConfig({ ...options, gateCount }),
      champion: await resolveRunConfig({ ...options, gateCount, recipe: untaught }),
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
