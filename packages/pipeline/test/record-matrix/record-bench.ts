import { type Objects, openObjects } from '@atelier/artifacts';
import type { Client } from '@temporalio/client';
import { startRun } from '../../src/commands/start-command.ts';
import type { RunConfig } from '../../src/run-configuration.ts';
import type { Store } from '../../src/run-store.ts';
import type { Outcomes } from '../../src/stages/index.ts';
import type { AtelierStack } from '../atelier-stack.ts';

/** A finished run in a store of its own that can be put back as that run left it. */
export interface RecordBench {
  objects: Objects;
  store: Store;
  client: Client;
  config: RunConfig;
  /** The name of the run that everything is held against, and what came of its stages. */
  base: string;
  stages: Outcomes;
  restore(): Promise<void>;
}

/** Whole reports are among them. */
const longestObject = 64 * 1024 ** 2;

/**
 * Runs the pipeline once and remembers what it left.
 * @param at a stack with a worker
 * @throws where the run does not finish
 */
export async function openRecordBench(
  at: AtelierStack,
  client: Client,
  config: RunConfig,
): Promise<RecordBench> {
  const { store } = at;
  // No identity of the product may remove everything.
  const objects = openObjects({ ...at.stack.state.s3, ...at.stack.root });
  const base = 'matrix.base';
  await (await startRun({ client, store }, base, config)).result();
  const { stages } = await at.runRecord(base);
  const left = new Map<string, Buffer>();
  for (const { key } of await objects.list(''))
    left.set(key, (await objects.get(key, longestObject))!.content!);
  return {
    ...{ objects, store, client, config, base, stages },
    async restore() {
      const found = await objects.list('');
      const strange = found.filter(({ key }) => !left.has(key));
      await Promise.all(strange.map(({ key }) => objects.remove(key)));
      await Promise.all([...left].map(([key, content]) => objects.put(key, content)));
    },
  };
}
