import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';

/** Writes a network that trains as it is, for a person to change. What is there stays. */
export async function newNetwork(file: string, console: Console): Promise<void> {
  const path = resolve(file);
  const template = join(readEnvironment().workspace, 'packages/model/template/network.ts');
  const text = await readFile(template, 'utf8');
  await asUsage(() => create(path, text));
  console.line(`${path} is a network of your own:`);
  console.line(`  npx atelier start --network ${file} --epochs 2`);
  console.line('  docs/networks.md says what it may export and what it is given');
}

const create = (path: string, text: string): Promise<void> =>
  writeFile(path, text, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    const exists = cause.code === 'EEXIST';
    throw new UserError(
      {
        what: exists ? 'There is such a file already.' : 'The network cannot be written.',
        where: path,
        expected: 'a path where no file is, in a folder that can be written to',
        found: exists ? 'a file' : (cause.code ?? cause.message),
        remedy: 'name another: `npx atelier new network FILE`',
      },
      { cause },
    );
  });
