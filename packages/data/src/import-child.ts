import { serveParent } from '@atelier/subprocess';
import { importArrays } from './arrays/import-arrays.ts';
import type { ImportJob } from './import-in-child.ts';
import type { Imported, ImportProgress } from './imported.ts';
import { atIntervals } from './pictures/at-intervals.ts';
import { importFolder } from './pictures/import-folder.ts';

serveParent<ImportJob, ImportProgress, Imported>(async (job, { send, signal }) =>
  job.kind === 'arrays' ? importArrays(job, signal) : importFolder(job, signal, atIntervals(send)),
);
