import { serveParent } from '@atelier/subprocess';
import { readTable } from './table-layout.ts';

serveParent<string, never, string[]>(async (path) =>
  (await readTable(path)).files.map((file) => file.path),
);
