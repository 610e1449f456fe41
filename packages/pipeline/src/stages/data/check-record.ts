import { type BlobRef, DamagedBlob } from '@atelier/artifacts';
import { type DatasetDescriptor, splitHeader, splitNames } from '@atelier/data';
import { imageShape, type StoredImageShape, storedImageShape } from '@atelier/data/image-shape';
import { type PreparedDataset, preparedDatasetSchema } from '@atelier/data/prepared-dataset';
import { partsAmong } from '../../output-parts.ts';
import { claim, readHeader, readJson, readPart } from '../../recorded-artifacts.ts';
import type { Store } from '../../run-store.ts';
import type { OutcomeOf } from '../plan.ts';
import type { dataPlan } from './plan.ts';

type Outcome = OutcomeOf<typeof dataPlan>;

/** What a manifest says in short. */
export function summaryOf(manifest: PreparedDataset): Outcome['summary'] {
  const { classes, normalisation, splits } = manifest;
  const { train, validation, gate, test } = splits;
  const counts = {
    ...{ train: train.count, validation: validation.count },
    ...(gate && { gate: gate.count }),
    test: test.count,
  };
  return { classes, ...shapeOf(manifest), normalisation, counts };
}

const shapeOf = (of: StoredImageShape) => storedImageShape(imageShape(of));

/**
 * Holds a record against what it names and what it was made of: the manifest is of this dataset and
 * gives this summary, and the splits are as it describes them, down to their labels.
 * @throws WrongArtifact, DamagedBlob
 */
export async function checkData(
  store: Store,
  {
    dataset,
    splitSeed,
    gateCount,
  }: { dataset: DatasetDescriptor; splitSeed: number; gateCount?: number | 'half' | undefined },
  { outputs, summary }: Pick<Outcome, 'outputs' | 'summary'>,
): Promise<void> {
  const manifest = await readManifest(store, outputs.manifest);
  const { classes, title, sources, splits } = manifest;
  const { count = 0 } = splits.gate ?? {};
  const half = Math.floor((splits.validation.count + count) / 2);
  const asked = gateCount === 'half' ? half : (gateCount ?? 0);
  const held = { splitSeed: manifest.splitSeed, gateCount: count };
  const found = { classes, title, sources, ...held, ...shapeOf(manifest) };
  const expected = { classes: dataset.classes, title: dataset.title, sources: dataset.files };
  claim('its manifest', found, { ...expected, splitSeed, gateCount: asked, ...shapeOf(dataset) });
  claim('its gate split', outputs.gate !== undefined, gateCount !== undefined);
  claim('its summary', summary, summaryOf(manifest));
  const shards = await checkSplits(store, manifest, outputs);
  claim('its shards', partsAmong(outputs, splitNames), shards);
}

export const readManifest = (
  store: Pick<Store, 'getBlob'>,
  ref: BlobRef,
): Promise<PreparedDataset> => readJson(store, ref, preparedDatasetSchema, 'its manifest');

/**
 * Holds splits against the manifest that describes them. Of their images nothing is read: whoever
 * uses them verifies their digest.
 * @returns the shards that they are made of, which are all there
 * @throws WrongArtifact, DamagedBlob
 */
export async function checkSplits(
  store: Store,
  manifest: PreparedDataset,
  splits: { [Name in keyof PreparedDataset['splits']]?: BlobRef },
): Promise<BlobRef[]> {
  const all: BlobRef[] = [];
  for (const name of splitNames) {
    const ref = splits[name];
    const described = manifest.splits[name];
    if (ref === undefined || described === undefined) continue;
    const what = `its ${name} split`;
    const header = await readHeader(store, ref, what, splitHeader);
    const { count, classCounts } = described;
    claim(what, [header.name, header.count, header.shape], [name, count, imageShape(manifest)]);
    const labels = await readPart(store, ref, header.labels.begin, count);
    const found = new Array<number>(classCounts.length).fill(0);
    for (const label of labels) found[label] = (found[label] ?? 0) + 1;
    claim(what, found, classCounts);
    for (const { sha256, bytes } of header.shards ?? []) {
      const fault = await store.inspectBlob({ sha256, bytes });
      if (fault !== undefined)
        throw new DamagedBlob({ sha256, bytes }, fault, {
          what: `A shard of ${what} is ${fault}.`,
          where: `blob ${sha256}`,
        });
      all.push({ sha256, bytes });
    }
  }
  return all;
}
