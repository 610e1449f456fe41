import { serveParent } from '@atelier/subprocess';
import { atIntervals } from './at-intervals.ts';
import {
  type ImportedFolder,
  type ImportJob,
  type ImportProgress,
  importFolder,
} from './import-folder.ts';

serveParent<ImportJob, ImportProgress, ImportedFolder>(async (job, { send, signal }) =>
  importFolder(job, signal, atIntervals(send)),
);
