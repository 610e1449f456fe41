import { z } from 'zod';
import type { Store } from './store.ts';

/** The name of a run's file: joined to a folder it can lead nowhere else. */
export const runFileName = z
  .string()
  .regex(/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/, 'expected a relative path of plain names');

/** In a run's folder from the moment that it trains, whatever becomes of the run. */
const trainingFile = 'training.json';

const trainingSchema = z.strictObject({ schemaVersion: z.literal(1), fingerprint: z.string() });

/** Says which training a run works on. */
export async function recordTraining(store: Store, run: string, training: string): Promise<void> {
  const record: z.infer<typeof trainingSchema> = { schemaVersion: 1, fingerprint: training };
  await store.putRunFile(run, trainingFile, Buffer.from(`${JSON.stringify(record)}\n`));
}

/** The fingerprint of a run's training; undefined where it has not begun to train. */
export async function trainingOf(store: Store, run: string): Promise<string | undefined> {
  const content = await store.getRunFile(run, trainingFile);
  return content && trainingSchema.parse(JSON.parse(content.toString())).fingerprint;
}
