import { serveParent } from '@atelier/subprocess';
import { prepareSplits } from './prepare-dataset.ts';
import type { PreparationJob, PreparedFiles } from './prepare-in-child.ts';
import { writeSplits } from './write-splits.ts';

serveParent<PreparationJob, never, PreparedFiles>(async (job, { signal }) => {
  const { manifest, splits } = await prepareSplits({ ...job, signal });
  return { manifest, files: await writeSplits(splits, job.directory, job.mostHeld) };
});
