import { resolve } from 'node:path';
import type { ImportedFolder } from '@atelier/data';
import { describeImageShape } from '@atelier/data/image-shape';
import { UserError } from '@atelier/errors';
import type { PictureFlags } from '../configuration/picture-flags.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { tableLines } from '../terminal/table.ts';
import { cachedImport, datasetName, importPictures } from './import-pictures.ts';

export interface ImportOptions extends PictureFlags {
  out?: string;
  force?: boolean;
  json?: boolean;
}

/** Makes a dataset of a folder of pictures: its descriptor, and its pixels and its list beside it. */
export async function importFolder(
  given: string,
  { out, force = false, json = false, ...flags }: ImportOptions,
  console: Console,
): Promise<void> {
  const folder = resolve(given);
  const path = resolve(out ?? `${datasetName(folder)}.json`);
  const request = { folder, flags, path: path.endsWith('.json') ? path : `${path}.json` };
  const imported = await asUsage(() => importPictures({ ...request, replace: force }, console));
  say(imported, given, console);
  if (imported.changes.length > 0)
    console.line(`It is a new dataset: ${imported.changes.join('; ')}.`);
  console.line(`The dataset is described in ${request.path}`);
  console.line(`  start with it:  npx atelier start --dataset ${out ?? request.path}`);
  const { counts, files, classes } = imported.descriptor;
  if (json) console.result(JSON.stringify({ path: request.path, classes, counts, files }));
}

export interface DataFlags extends PictureFlags {
  data?: string;
  dataset?: string;
}

/**
 * The flags of a command that may name a folder of pictures, which is imported: they name the
 * descriptor then.
 */
export async function withPictures(
  { data, size, grey, fit, ...options }: Record<string, unknown> & DataFlags,
  console: Console,
): Promise<Record<string, unknown>> {
  const flags: PictureFlags = { ...(size && { size }), ...(grey && { grey }), ...(fit && { fit }) };
  if (data === undefined) {
    const [lonely] = Object.keys(flags);
    if (lonely !== undefined)
      throw refuse(`--${lonely}`, 'to be given together with --data FOLDER');
    return options;
  }
  if (options.dataset !== undefined) throw refuse('--data, --dataset', 'one of them');
  const folder = resolve(data);
  const path = cachedImport(folder, flags);
  const imported = await importPictures({ folder, flags, path, replace: true }, console);
  say(imported, data, console);
  if (imported.changes.length > 0)
    console.warn(
      `! The folder has changed since it was imported last: ${imported.changes.join('; ')}. This is a new dataset.`,
    );
  return { ...options, dataset: path };
}

const refuse = (where: string, expected: string): UserError =>
  new UserError({ what: 'These flags do not go together.', where, expected });

const shown = 20;

/** What was imported, and what was not. */
function say({ descriptor, list, others }: ImportedFolder, given: string, console: Console): void {
  const { classes, counts } = descriptor;
  const { pictures, leftOut } = list;
  console.line(
    `Imported ${pictures.length} pictures of ${classes.length} classes from ${given} as ${describeImageShape(descriptor)}: ${counts.train} to learn from, ${counts.test} to test with.`,
  );
  const count = (label: number, which: string): string =>
    String(pictures.filter((one) => one.label === label && one.set === which).length);
  const columns = [
    { header: 'class', cell: (label: number) => classes[label]! },
    ...(['train', 'test'] as const).map((which) => ({
      header: which,
      cell: (label: number) => count(label, which),
      align: 'right' as const,
    })),
  ];
  for (const line of tableLines(columns, [...classes.keys()], console.columns))
    console.line(`  ${line}`);
  if (leftOut.length > 0)
    console.warn(
      `! ${leftOut.length} ${leftOut.length === 1 ? 'file was' : 'files were'} left out:`,
    );
  for (const { path, why } of leftOut.slice(0, shown)) console.warn(`    ${path}: ${why}`);
  if (leftOut.length > shown)
    console.warn(`    and ${leftOut.length - shown} more; ${descriptor.files.list.name} names all`);
  if (others > 0)
    console.line(`  ${others} other ${others === 1 ? 'file was' : 'files were'} not looked at.`);
}
