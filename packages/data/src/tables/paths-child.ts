import { dirname } from 'node:path';
import { serveParent } from '@atelier/subprocess';
import { openPictureTables } from './picture-tables.ts';
import { readTable } from './table-layout.ts';

serveParent<string, never, string[]>(async (path) => {
  // Pictures that are in the table itself lie nowhere else.
  if (await openPictureTables(dirname(path), path)) return [];
  return (await readTable(path)).files.map((file) => file.path);
});
