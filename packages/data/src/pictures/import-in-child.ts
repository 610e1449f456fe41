import { runChild } from '@atelier/subprocess';
import type { ImportedFolder, ImportJob, ImportProgress } from './import-folder.ts';

/**
 * Imports a folder as {@link importFolder} does, in a child process: whatever a picture does to the
 * code that decodes it, it does there.
 * @throws UserError as `importFolder`; WorldError where the child died; the signal's reason
 */
export const importInChild = (
  job: ImportJob,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (progress: ImportProgress) => void },
): Promise<ImportedFolder> =>
  runChild<ImportJob, ImportProgress, ImportedFolder>({
    entry: new URL('./import-child.ts', import.meta.url),
    name: 'The process that reads the pictures',
    input: job,
    signal,
    ...(onProgress && { onMessage: onProgress }),
  });
