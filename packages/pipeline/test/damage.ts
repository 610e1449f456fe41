import { blobKey, openObjects } from '@atelier/artifacts';
import type { AtelierStack } from './atelier-stack.ts';

/**
 * Damages the tensors of a finished run's chosen checkpoint, and removes the record of its selection,
 * so that the next equal run has to read it. The header stays: whoever reads no more finds nothing.
 * @returns the epoch
 */
export async function damageChosenCheckpoint(at: AtelierStack, run: string): Promise<number> {
  const objects = openObjects(at.stack.state.s3);
  const { stages } = await at.runRecord(run);
  const { epoch } = stages.select.summary as { epoch: number };
  const { commits } = await at.store.readEpochs(stages.train.fingerprint);
  const { checkpoint } = commits.find((commit) => commit.epoch === epoch)!;
  const damaged = Buffer.from(await at.store.getBlob(checkpoint));
  damaged.fill(7, damaged.length - 64);
  await objects.put(blobKey(checkpoint), damaged);
  await objects.remove(`stages/select/${stages.select.fingerprint}.json`);
  return epoch;
}
