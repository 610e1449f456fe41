import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '@atelier/environment';

export const requirements = fileURLToPath(new URL('../requirements.txt', import.meta.url));

export interface PythonEnvironment {
  directory: string;
  interpreter: string;
  /** Exists when everything was installed, and so whether the environment can be used. */
  completed: string;
}

/** Where the Python packages of this checkout's requirements.txt are installed for this user. */
export function pythonEnvironment(): PythonEnvironment {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const { cacheDirectory } = readEnvironment();
  const directory = path.join(cacheDirectory, `benchmarks-${digest.slice(0, 8)}`);
  return {
    directory,
    interpreter: path.join(directory, 'bin', 'python'),
    completed: path.join(directory, 'completed'),
  };
}

export const isComplete = ({ completed }: PythonEnvironment): boolean => existsSync(completed);
