import { resolve } from 'node:path';
import type { Imported } from '@atelier/data';
import { describeImageShape } from '@atelier/data/image-shape';
import { UserError } from '@atelier/errors';
import { bounded, firstFew, oneLine } from '@atelier/text';
import type { PictureFlags } from '../configuration/picture-flags.ts';
import { checkGiven } from '../configuration/read-config.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { tableLines } from '../terminal/table.ts';
import {
  cachedImport,
  type DataSource,
  datasetName,
  isOfPictures,
  readDataSource,
} from './data-source.ts';
import { importData } from './import-data.ts';

export interface ImportOptions extends PictureFlags {
  out?: string;
  force?: boolean;
  json?: boolean;
}

/** Makes a dataset of a person's images: its descriptor, and beside it the files that it names. */
export async function importFrom(
  given: string,
  { out, force = false, json = false, ...flags }: ImportOptions,
  console: Console,
): Promise<void> {
  const source = await asUsage(async () => readDataSource(given));
  const named = out === undefined || out.endsWith('.json') ? out : `${out}.json`;
  const path = resolve(named ?? `${datasetName(source)}.json`);
  const request = { source, flags, path };
  const imported = await asUsage(() => importData({ ...request, replace: force }, console));
  say(imported, source, console);
  if (imported.changes.length > 0)
    console.line(`It is a new dataset: ${imported.changes.join('; ')}.`);
  if (imported.isAsBefore) console.line('Nothing has changed since it was imported last.');
  console.line(`The dataset is described in ${request.path}`);
  console.line(`  start with it:  npx atelier start --dataset ${shellWord(named ?? path)}`);
  const { files, classes } = imported.descriptor;
  const counts = 'counts' in imported.descriptor ? imported.descriptor.counts : undefined;
  if (json) console.result(JSON.stringify({ path: request.path, classes, counts, files }));
}

/** As a shell takes it for one word. */
const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

export interface DataFlags extends PictureFlags {
  data?: string;
  dataset?: string;
}

/**
 * The flags of a command that may name a person's own images, which are imported: they name the
 * descriptor then.
 */
export async function withData(
  { data, size, grey, fit, ...options }: Record<string, unknown> & DataFlags,
  console: Console,
): Promise<Record<string, unknown>> {
  const flags: PictureFlags = { ...(size && { size }), ...(grey && { grey }), ...(fit && { fit }) };
  if (data === undefined) {
    const [lonely] = Object.keys(flags);
    if (lonely !== undefined) throw refuse(`--${lonely}`, 'to be given together with --data');
    return options;
  }
  if (options.dataset !== undefined) throw refuse('--data, --dataset', 'one of them');
  const source = readDataSource(data);
  const path = cachedImport(source, flags);
  // Before pictures are read, which may take minutes.
  await checkGiven(options);
  const imported = await importData({ source, flags, path, replace: true }, console);
  say(imported, source, console);
  if (imported.changes.length > 0)
    console.warn(
      `! The ${source.kind === 'folder' ? 'folder' : 'file'} has changed since it was imported last: ${imported.changes.join('; ')}. This is a new dataset.`,
    );
  return { ...options, dataset: path };
}

const refuse = (where: string, expected: string): UserError =>
  new UserError({ what: 'These flags do not go together.', where, expected });

const shown = 20;

/** What was imported, and what was not. */
function say(imported: Imported, source: DataSource, console: Console): void {
  const { descriptor, classCounts, list, others } = imported;
  const { classes } = descriptor;
  const [train, test] = [sum(classCounts.train), sum(classCounts.test)];
  const what = isOfPictures(source) ? 'pictures' : 'images';
  console.line(
    `Imported ${train + test} ${what} of ${classes.length} classes from ${source.given} as ${describeImageShape(descriptor)}: ${train} to learn from, ${test} to test with.`,
  );
  const columns = [
    { header: 'class', cell: (label: number) => classes[label]! },
    ...(['train', 'test'] as const).map((which) => ({
      header: which,
      cell: (label: number) => String(classCounts[which][label]),
      align: 'right' as const,
    })),
  ];
  for (const line of tableLines(columns, [...classes.keys()], console.columns))
    console.line(`  ${line}`);
  sayAlike(classes, console);
  if (list !== undefined && 'list' in descriptor.files)
    sayLeftOut(list.leftOut, descriptor.files.list.name, console);
  if (typeof others !== 'number') {
    if (others.length > 0) console.line(`  Not used: ${bounded(others.join(', '), 500)}.`);
  } else if (others > 0)
    console.line(`  ${others} other ${others === 1 ? 'file was' : 'files were'} not looked at.`);
}

/** Alphabets have such classes; of others it is a slip, which a system that tells no cases hides. */
function sayAlike(classes: readonly string[], console: Console): void {
  const key = (name: string): string => name.toLowerCase();
  const counts = new Map<string, number>();
  for (const name of classes) counts.set(key(name), (counts.get(key(name)) ?? 0) + 1);
  const alike = classes.filter((name) => counts.get(key(name))! > 1);
  if (alike.length > 0)
    console.warn(
      `! Classes differ in upper and lower case alone: ${firstFew(alike, 6)}. Each is a class of its own.`,
    );
}

function sayLeftOut(
  leftOut: NonNullable<Imported['list']>['leftOut'],
  file: string,
  console: Console,
): void {
  if (leftOut.length === 0) return;
  console.warn(`! ${leftOut.length} ${leftOut.length === 1 ? 'file was' : 'files were'} left out:`);
  for (const { path, why } of leftOut.slice(0, shown)) console.warn(`    ${oneLine(path)}: ${why}`);
  if (leftOut.length > shown)
    console.warn(`    and ${leftOut.length - shown} more; ${file} names all`);
}

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
