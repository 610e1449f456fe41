import { serveParent } from '@atelier/subprocess';
import {
  type ImportedFolder,
  type ImportJob,
  type ImportProgress,
  importFolder,
} from './import-folder.ts';

/** Milliseconds between two words about how far it is. */
const interval = 100;

serveParent<ImportJob, ImportProgress, ImportedFolder>(async (job, { send, signal }) => {
  let told = 0;
  return importFolder(job, signal, (progress) => {
    const now = performance.now();
    if (now - told < interval) return;
    told = now;
    send(progress);
  });
});
