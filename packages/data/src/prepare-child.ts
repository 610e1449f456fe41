import { join } from 'node:path';
import { writeWhole } from '@atelier/files';
import { serveParent } from '@atelier/subprocess';
import { prepareDataset } from './prepare-dataset.ts';
import type { PreparationJob, PreparedFiles } from './prepare-in-child.ts';
import { encodeSplit, type SplitName, splitNames } from './split.ts';

serveParent<PreparationJob, never, PreparedFiles>(async ({ directory, ...job }, { signal }) => {
  const { manifest, splits } = await prepareDataset({ ...job, signal });
  const paths = {} as Record<SplitName, string>;
  for (const name of splitNames) {
    paths[name] = join(directory, `${name}.safetensors`);
    await writeWhole(paths[name], encodeSplit(splits[name]));
  }
  return { manifest, paths };
});
