import type { Store } from '@atelier/artifacts';
import { z } from 'zod';

/** In a run's folder from the moment that it trains, whatever becomes of the run. */
const file = 'training.json';

const schema = z.strictObject({ schemaVersion: z.literal(1), fingerprint: z.string() });

/** Says which training a run works on. */
export async function recordTraining(store: Store, run: string, training: string): Promise<void> {
  const record: z.infer<typeof schema> = { schemaVersion: 1, fingerprint: training };
  await store.putRunFile(run, file, Buffer.from(`${JSON.stringify(record)}\n`));
}

/** The fingerprint of a run's training; undefined where it has not begun to train. */
export async function trainingOf(store: Store, run: string): Promise<string | undefined> {
  const content = await store.getRunFile(run, file);
  return content && schema.parse(JSON.parse(content.toString())).fingerprint;
}
