import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { sha256 } from '@atelier/artifacts';
import { readEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { type FormatName, formatNames, formats, readBack } from '@atelier/export';
import { writeWhole } from '@atelier/files';
import { type StoredRun, storedRun } from '../comparison/stored-run.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { progressLine } from '../terminal/progress-line.ts';
import { namedRun, signedIfDemanded } from './finished-run.ts';
import { inScratch } from './in-scratch.ts';
import { modelRef } from './run-model.ts';
import { withStore } from './services.ts';
import { writeRunFiles } from './write-run-files.ts';

export interface ExportOptions {
  format: string;
  out?: string;
  force?: boolean;
  json?: boolean;
}

/**
 * Writes a finished run's model in a form that other programs take, after a reader of that form has
 * said of every test image what the run itself said.
 */
export async function exportModel(
  run: string | undefined,
  { format: given, out, force = false, json = false }: ExportOptions,
  console: Console,
): Promise<void> {
  const format = await asUsage(() => checkFormat(given));
  const named = await namedRun(run, 'the run');
  await withStore(console, async (store) => {
    const recorded = await signedIfDemanded(store, named);
    const stored = await storedRun(store, recorded);
    const { runId } = recorded;
    const ref = modelRef(recorded);
    const model = { bytes: await store.getBlob(ref), run: runId, sha256: ref.sha256 };
    const { files, ...found } = await proven(model, stored, format, console);
    const path = resolve(out ?? `${runId}${formats[format].suffix}`);
    await writeRunFiles(
      store,
      dirname(path),
      below(basename(path), files),
      { force, isWhole: true },
      console,
    );
    const { length: images } = stored.predictions.labels;
    const written = Object.entries(files).map(([name, content]) => ({
      ...{ path: join(path, name), bytes: content.length, sha256: sha256(content) },
    }));
    if (json) {
      const made = { runId, model: ref.sha256, format, path, files: written };
      return console.result(JSON.stringify({ ...made, images, ...found }));
    }
    console.line(`The model of run ${runId} is in ${path}`);
    console.line(`  ${formats[format].about}`);
    for (const { path: at, bytes, sha256 } of written)
      console.line(
        `  ${relative(path, at) || basename(path)}: ${bytes.toLocaleString('en')} bytes, SHA-256 ${sha256}`,
      );
    console.line(
      `✓ ${found.reader} read it: of ${images.toLocaleString('en')} test images every probability is within ${found.largestDifference.toExponential(1)} of the stored one`,
    );
  });
}

/** By their names below the export; see `ExportFormat`. */
type Files = Record<string, Buffer>;

/**
 * The files by their names below the folder that the export lies in. What a reader opens first comes
 * last: a folder that is left half, by whoever kills this, is none that a reader takes for whole.
 */
const below = (base: string, files: Files): Files =>
  Object.fromEntries(
    Object.entries(files)
      .map(([name, content]): [string, Buffer] => [name ? `${base}/${name}` : base, content])
      .reverse(),
  );

/**
 * Has it written and read back, in a place that is gone afterwards.
 * @throws UserError where it says otherwise, and where the network has no such form
 */
const proven = (
  { bytes, ...origin }: { bytes: Buffer; run: string; sha256: string },
  { predictions, dataset, fetchTest }: StoredRun,
  format: FormatName,
  console: Console,
) =>
  inScratch('export', 'Stopped. Nothing was written.', async (directory, signal) => {
    const path = join(directory, `model${formats[format].suffix}`);
    const modelPath = join(directory, 'trained.safetensors');
    await writeWhole(modelPath, bytes);
    const { path: splitPath, shards } = await fetchTest(directory);
    const { normalisation, classes } = dataset;
    const { written, ...found } = await readBack({
      ...{ format, path, splitPath, shards, classes },
      write: { modelPath, normalisation, classes, origin },
      python: readEnvironment().python,
      probabilities: predictions.probabilities,
      signal,
      onProgress: (progress) => console.status(progressLine('reading it back', progress)),
    });
    const files: Files = {};
    for (const name of written) files[name] = await readFile(join(path, name));
    return { files, ...found };
  }).finally(console.clear);

function checkFormat(given: string): FormatName {
  const format = formatNames.find((name) => name === given);
  if (format !== undefined) return format;
  throw new UserError({
    what: 'There is no such format.',
    where: '--format',
    expected: formatNames.join(' or '),
    found: given,
    remedy:
      'name one of these; `npx atelier fetch` brings a run with all its files, the model as it was trained among them',
  });
}
