import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { blobKey } from '@atelier/artifacts';
import { type DatasetDescriptor, followFiles, withFiles } from '@atelier/data';
import { openDescriptorSchema } from '@atelier/data/descriptor';
import { WorldError } from '@atelier/errors';
import { z } from 'zod';
import type { Store } from '../run-store.ts';
import { scratchDirectory } from '../stage-activity/scratch.ts';
import type { StageContext, StageDependencies } from '../stage-activity/stage-activity.ts';
import { stageInputShape } from '../stages/plan.ts';
import { type RunSource, sourceFile } from './run-source.ts';
import { readSeen, rememberSeen, type SeenFiles } from './seen-files.ts';

/** What a run is told that looks at its dataset's source. */
export const lookInputSchema = z.object({ ...stageInputShape, dataset: openDescriptorSchema });

export type LookInput = z.output<typeof lookInputSchema>;

export interface FoundSource {
  /** The dataset as it is at this time. */
  dataset: DatasetDescriptor;
  source: RunSource;
}

/**
 * Finds out what the followed files of a dataset are, and keeps their bytes: whatever follows is a
 * function of what was found, and finds it in the store when the mirror has moved on.
 */
export async function lookAtSource(
  {
    store,
    cacheDirectory,
    proxies,
  }: Pick<StageDependencies, 'store' | 'cacheDirectory' | 'proxies'>,
  { run, dataset, settings }: LookInput,
  { signal, tell, heartbeatDetails }: Pick<StageContext, 'signal' | 'tell' | 'heartbeatDetails'>,
): Promise<FoundSource> {
  const seen = await readSeen(store, dataset.name);
  const directory = await scratchDirectory(join(cacheDirectory, 'preparing'));
  try {
    tell({ doing: 'looking whether the files are others' });
    const found = await followFiles({
      ...{ descriptor: dataset, earlier: seen, directory, proxies, signal },
      mirrors: settings.mirrors ?? [],
      onProgress: ({ file, receivedBytes }) => {
        const doing = `downloading ${file}: ${(receivedBytes / 1e6).toFixed(1)} MB`;
        tell({ doing });
        heartbeatDetails(doing);
      },
    });
    const files: RunSource['files'] = {};
    const next: SeenFiles = {};
    for (const [role, { path, ...file }] of Object.entries(found)) {
      // What was read is what counts: a file of this machine may change meanwhile.
      const content = path
        ? await store.putBlob(await readFile(path, { signal }))
        : { sha256: file.sha256, bytes: file.bytes };
      files[role] = { name: file.name, from: file.url, brought: path !== undefined, content };
      next[file.name] = { ...file, ...content };
    }
    const source: RunSource = {
      ...{ schemaVersion: 1, dataset: dataset.name, at: new Date().toISOString(), files },
    };
    await recordSource(store, run.runId, source);
    await rememberSeen(store, dataset.name, next);
    const fixed = Object.entries(files).map(([role, { name, content }]) => [
      role,
      { name, ...content },
    ]);
    return { dataset: withFiles(dataset, Object.fromEntries(fixed)), source };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Says which files a run goes on with, so that they stay.
 * @throws WorldError where one was removed as unneeded just before
 */
async function recordSource(
  store: Pick<Store, 'putRunFile' | 'holdObjects'>,
  run: string,
  source: RunSource,
): Promise<void> {
  await store.putRunFile(run, sourceFile, Buffer.from(`${JSON.stringify(source)}\n`));
  const [gone] = await store.holdObjects(
    Object.values(source.files).map(({ content }) => blobKey(content)),
  );
  if (gone === undefined) return;
  throw new WorldError({
    what: `A file of dataset ${source.dataset} was removed as unneeded just before run ${run} said that it needs it.`,
    where: gone,
    remedy: 'none: it is brought again',
  });
}
