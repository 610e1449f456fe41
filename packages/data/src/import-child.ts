import { explainFileError } from '@atelier/files';
import { serveParent } from '@atelier/subprocess';
import { importArrays } from './arrays/import-arrays.ts';
import type { ImportJob } from './import-in-child.ts';
import type { Imported, ImportProgress } from './imported.ts';
import { atIntervals } from './pictures/at-intervals.ts';
import { importFolder } from './pictures/import-folder.ts';

serveParent<ImportJob, ImportProgress, Imported>(async (job, { send, signal }) => {
  try {
    return await (job.kind === 'arrays'
      ? importArrays(job, signal)
      : importFolder(job, signal, atIntervals(send)));
  } catch (error) {
    // A write that fails names no file.
    throw explainFileError(error, job.directory);
  }
});
