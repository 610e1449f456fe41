import { runChild } from '@atelier/subprocess';
import type { DecodeJob, DecodeProgress, LeftOut } from './decode-pictures.ts';

/**
 * Decodes pictures as {@link decodePictures} does, in a child process: whatever a picture does to the
 * code that decodes it, it does there.
 * @throws WorldError where the child died; the signal's reason
 */
export const decodeInChild = (
  job: DecodeJob,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: DecodeProgress) => void },
): Promise<LeftOut[]> =>
  runChild<DecodeJob, DecodeProgress, LeftOut[]>({
    entry: new URL('./decode-child.ts', import.meta.url),
    name: 'The process that reads the pictures',
    input: job,
    signal,
    onMessage: onProgress,
  });
