import { runChild } from '@atelier/subprocess';

/**
 * The paths of the pictures that a table lists, as `readTable` finds them, read in a child process.
 * @throws UserError as `readTable`; WorldError where the child died; the signal's reason
 */
export const tablePathsInChild = (path: string, signal: AbortSignal): Promise<string[]> =>
  runChild<string, never, string[]>({
    entry: new URL('./paths-child.ts', import.meta.url),
    name: 'The process that reads the table',
    input: path,
    signal,
  });
