import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeInChild, picturesIn } from '@atelier/data';
import { describeColours, imageShape } from '@atelier/data/image-shape';
import { UserError } from '@atelier/errors';
import { type Predictions, predict } from '@atelier/evaluate';
import { oneLine } from '@atelier/text';
import { storedRun } from '../comparison/stored-run.ts';
import { fitOf } from '../picture-fit.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage, CommandFailure } from '../terminal/exit.ts';
import { progressLine } from '../terminal/progress-line.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { percent } from '../terminal/text.ts';
import { namedRun, signedIfDemanded } from './finished-run.ts';
import { inScratch } from './in-scratch.ts';
import { modelRef } from './run-model.ts';
import { withStore } from './services.ts';

export interface PredictOptions {
  top: number;
  json?: boolean;
}

/** What the model says of a picture, or why there is none. */
type Answer =
  | { picture: string; top: { class: string; probability: number }[] }
  | { picture: string; problem: string };

/**
 * Says what a finished run's model takes pictures for, which are made into pixels as those were that
 * it learned from.
 * @throws CommandFailure where a picture could not be read; the others were answered
 */
export async function predictPictures(
  run: string,
  given: readonly string[],
  { top, json = false }: PredictOptions,
  console: Console,
): Promise<void> {
  const named = await namedRun(run, 'the run');
  const paths = await asUsage(() => picturesAt(given));
  await withStore(console, async (store) => {
    const recorded = await signedIfDemanded(store, named);
    const { dataset } = await storedRun(store, recorded);
    const form = { shape: imageShape(dataset), fit: await fitOf(store, dataset) };
    const { runId } = recorded;
    const answers = await inScratch('predict', 'Stopped.', async (directory, signal) => {
      const [modelPath, splitPath] = [join(directory, 'model'), join(directory, 'pictures')];
      await store.getBlobToFile(modelRef(recorded), modelPath);
      const leftOut = await decodeInChild(
        { paths, splitPath, ...form },
        {
          signal,
          onProgress: (progress) => console.status(progressLine('reading pictures', progress)),
        },
      );
      const { normalisation, classes } = dataset;
      const predictions =
        leftOut.length < paths.length
          ? await predict({ modelPath, splitPath, normalisation, signal })
          : undefined;
      console.clear();
      const problems = new Map(leftOut.map(({ position, why }) => [position, why]));
      const found = predictions && ranked(predictions, classes, top);
      return paths.map((picture, position): Answer => {
        const answer = found?.get(position);
        return answer
          ? { picture, top: answer }
          : { picture, problem: problems.get(position) ?? 'it was not answered' };
      });
    });
    if (json) console.result(JSON.stringify({ runId, ...form, pictures: answers }));
    else if (answers.some((answer) => 'top' in answer)) {
      const { height, width } = dataset;
      const images = `${height} × ${width} pixels in ${describeColours(dataset)}`;
      console.line(`What run ${runId} says of them, made ${images} by fit ${form.fit}:`);
      for (const line of answerLines(answers, console.columns)) console.line(line);
    }
    failFor(answers, console);
  });
}

/** Files as they are named, and the pictures of folders. @throws UserError where there is none */
async function picturesAt(given: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const path of given) {
    const isFolder = await stat(path).then(
      (at) => at.isDirectory(),
      () => false,
    );
    const found = isFolder ? await picturesIn(path) : [path];
    if (found.length === 0)
      throw new UserError({
        what: 'There is no picture in this folder.',
        where: path,
        expected: 'files called .png, .jpg, .webp, .gif or .bmp',
        remedy: 'name a folder with pictures, or the pictures themselves',
      });
    paths.push(...found);
  }
  return paths;
}

/** The most probable classes of each picture, by its position. */
function ranked(
  { probabilities, indices }: Predictions,
  classes: readonly string[],
  top: number,
): Map<number, { class: string; probability: number }[]> {
  const row = (i: number) =>
    classes
      .map((name, c) => ({ class: name, probability: probabilities[i * classes.length + c]! }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top);
  return new Map(Array.from(indices, (position, i) => [position, row(i)]));
}

/** Nothing is certain. */
function likelihood(probability: number): string {
  if (probability >= 0.99995) return '> 99.99 %';
  return probability < 0.00005 ? '< 0.01 %' : percent(probability);
}

function answerLines(answers: readonly Answer[], available: number): string[] {
  const rows = answers.flatMap((answer) => ('top' in answer ? [answer] : []));
  const columns: Column<(typeof rows)[number]>[] = [
    { header: 'picture', cell: ({ picture }) => picture, shrinksTo: 24 },
    ...rows[0]!.top.map((_, place) => ({
      header: place === 0 ? 'class' : `${place + 1}.`,
      cell: ({ top }: (typeof rows)[number]) =>
        `${top[place]!.class} ${likelihood(top[place]!.probability)}`,
      ...(place > 0 && { leaveOut: place }),
    })),
  ];
  return tableLines(columns, rows, available);
}

function failFor(answers: readonly Answer[], console: Console): void {
  const problems = answers.flatMap((answer) => ('problem' in answer ? [answer] : []));
  for (const { picture, problem } of problems) console.warn(`! ${oneLine(picture)}: ${problem}`);
  if (problems.length === 0) return;
  const { length } = answers;
  throw new CommandFailure(
    `${problems.length} of ${length} ${length === 1 ? 'picture' : 'pictures'} could not be read.`,
  );
}
