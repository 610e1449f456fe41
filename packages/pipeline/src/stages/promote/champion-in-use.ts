import { DamagedBlob } from '@atelier/artifacts';
import { compareDatasets, datasetFacts } from '@atelier/data/compare-datasets';
import { normalisationSchema } from '@atelier/data/prepared-dataset';
import { isUserError, UserError } from '@atelier/errors';
import type { z } from 'zod';
import { readRunRecord } from '../../record/read-run-record.ts';
import { readHeader } from '../../recorded-artifacts.ts';
import type { Decision } from '../../registry/decision.ts';
import type { Store } from '../../run-store.ts';
import { isAccepted } from '../../source/accepted-dataset.ts';
import type { StageDependencies } from '../../stage-activity/stage-activity.ts';
import { readManifest } from '../data/check-record.ts';
import type { InputOf } from '../plan.ts';
import type { promotePlan } from './plan.ts';

type Champion = Decision['champion'];

export type Normalisation = z.output<typeof normalisationSchema>;

/**
 * How the data differs from the champion's beyond what is allowed; undefined where it does not, or
 * where it was accepted.
 * @throws UserError where what that was cannot be read
 */
export async function changeOfData(
  store: Store,
  { data, dataset, contract }: InputOf<typeof promotePlan>,
  champion: Champion,
): Promise<string | undefined> {
  const ref = data.outputs.manifest;
  const own = await readManifest(store, ref);
  const before = await ofChampion(champion, async () => {
    const { stages } = await readRunRecord(store, champion.run);
    const { manifest } = stages.data?.outputs ?? {};
    if (manifest?.sha256 === ref.sha256) return own;
    return manifest && readManifest(store, manifest);
  });
  if (before === undefined) return 'what that was is not on record';
  const changes = compareDatasets(datasetFacts(before), datasetFacts(own), contract);
  const violated = changes.filter((change) => change.violated);
  const isOfOtherKind = violated.some(({ what }) => what === 'the kind of data');
  if (violated.length === 0) return undefined;
  if (!isOfOtherKind && (await isAccepted(store, dataset, own))) return undefined;
  return violated.map(({ what, found }) => `${what}: ${found}`).join('; ');
}

/**
 * Has the champion's model as a file of this machine, and says how its pixels are normalised, which
 * is as it learned them.
 * @throws UserError where the model is gone or damaged
 */
export const fetchChampion = (
  { store, files }: Pick<StageDependencies, 'store' | 'files'>,
  champion: Champion,
): Promise<Normalisation> =>
  ofChampion(champion, async () => {
    await files.path(champion.model);
    return readHeader(store, champion.model, "the champion's model", ({ metadata }) =>
      normalisationSchema.parse(JSON.parse(metadata.normalisation ?? 'null')),
    );
  });

/** Nothing that this run could do again makes whole what another one has made. */
async function ofChampion<T>({ run }: Champion, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DamagedBlob || isUserError(error))) throw error;
    const { where, found = error.failure.what } = error.failure;
    throw new UserError({
      what: `The model that is in use, of run ${run}, cannot be read, or what it was made of.`,
      ...(where !== undefined && { where }),
      found,
      remedy: '`npx atelier rollback` puts the one before it in use, `promote` another; then retry',
    });
  }
}
