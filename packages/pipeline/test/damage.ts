import { blobKey, openObjects } from '@atelier/artifacts';
import type { AtelierStack } from './atelier-stack.ts';

/**
 * Overwrites the chosen checkpoint of a finished run with as many other bytes, and removes the
 * record of its selection, so that the next equal run has to read it.
 * @returns the epoch
 */
export async function damageChosenCheckpoint(at: AtelierStack, run: string): Promise<number> {
  const objects = openObjects(at.stack.state.s3);
  const { stages } = await at.runRecord(run);
  const { epoch } = stages.select.summary as { epoch: number };
  const { commits } = await at.store.readEpochs(stages.train.fingerprint);
  const { checkpoint } = commits.find((commit) => commit.epoch === epoch)!;
  await objects.put(blobKey(checkpoint), Buffer.alloc(checkpoint.bytes, 7));
  await objects.remove(`stages/select/${stages.select.fingerprint}.json`);
  return epoch;
}
