import { runChild } from '@atelier/subprocess';
import type { ArraysJob } from './arrays/import-arrays.ts';
import { removeDrafts } from './drafts.ts';
import type { Imported, ImportProgress } from './imported.ts';
import type { FolderJob } from './pictures/import-folder.ts';

export type ImportJob = ({ kind: 'folder' } & FolderJob) | ({ kind: 'arrays' } & ArraysJob);

/**
 * Makes a dataset of a folder of pictures or a file of arrays, in a child process: whatever they do to
 * the code that decodes them, they do there.
 * @throws UserError as `importFolder` and `importArrays`; WorldError where the child died; the
 *   signal's reason
 */
export async function importInChild(
  job: ImportJob,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (progress: ImportProgress) => void },
): Promise<Imported> {
  const importId = crypto.randomUUID();
  try {
    return await runChild<ImportJob, ImportProgress, Imported>({
      entry: new URL('./import-child.ts', import.meta.url),
      name: 'The process that reads the data',
      input: { ...job, importId },
      signal,
      ...(onProgress && { onMessage: onProgress }),
    });
  } catch (error) {
    // A child that was killed did not. Where it cannot be, the error that led here says more.
    await removeDrafts(job.directory, importId).catch(() => {});
    throw error;
  }
}
