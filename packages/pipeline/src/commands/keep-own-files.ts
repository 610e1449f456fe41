import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isFixed } from '@atelier/data';
import { ownFiles } from '@atelier/data/descriptor';
import { fileIn, parseMirror } from '@atelier/download/mirror';
import type { RunConfig } from '../run-configuration.ts';
import type { Store } from '../run-store.ts';
import type { Console } from '../terminal/console.ts';

/**
 * Puts into the store what a person has made of a dataset on this machine, so that a worker on any
 * other finds it, also when the folder is gone. What is not here, the run looks for at its mirrors.
 */
export async function keepOwnFiles(
  store: Pick<Store, 'inspectBlob' | 'putBlobFile'>,
  { dataset, mirrors }: Pick<RunConfig, 'dataset' | 'mirrors'>,
  console: Console,
): Promise<void> {
  if (!isFixed(dataset)) return;
  const own = ownFiles(dataset);
  const folders = [...mirrors, ...dataset.mirrors]
    .map(parseMirror)
    .filter(({ protocol }) => protocol === 'file:');
  const files = Object.entries(dataset.files).filter(([role]) => own.includes(role));
  for (const [, { name, bytes, sha256 }] of files) {
    if ((await store.inspectBlob({ sha256, bytes })) === undefined) continue;
    for (const folder of folders) {
      const path = fileURLToPath(fileIn(folder, name));
      if ((await stat(path).catch(() => undefined))?.size !== bytes) continue;
      console.status(`storing ${name}`);
      const stored = await store.putBlobFile(path);
      if (stored.sha256 === sha256) break;
    }
  }
  console.clear();
}
