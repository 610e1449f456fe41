import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageShape } from '@atelier/data/image-shape';
import { openAnsweringModel } from '@atelier/evaluate';
import type { ServedModel } from '@atelier/serve';
import { modelRef } from '../commands/run-model.ts';
import { storedRun } from '../comparison/stored-run.ts';
import { fitOf } from '../picture-fit.ts';
import type { RecordedRun } from '../provenance/run-signature.ts';
import type { Store } from '../run-store.ts';
import type { Decoder } from './open-decoder.ts';

export interface OpenModel {
  model: ServedModel;
  /** Resolves when its process has ended, to why it did where it was not closed. */
  ended: Promise<Error | undefined>;
  /** Has it answer what it was asked, and end. */
  close(): Promise<void>;
}

/**
 * A finished run's model in a process of its own, ready to answer.
 * @param onBatch told how many images it is given together
 * @throws UserError where the run cannot be used; WorldError where the process died
 */
export async function openRunModel(
  store: Store,
  recorded: RecordedRun,
  decoder: Decoder,
  onBatch: (images: number) => void,
): Promise<OpenModel> {
  const { dataset } = await storedRun(store, recorded);
  const { classes, normalisation } = dataset;
  const [shape, fit] = [imageShape(dataset), await fitOf(store, dataset)];
  const ref = modelRef(recorded);
  const directory = await mkdtemp(join(tmpdir(), 'atelier-serve-'));
  try {
    const modelPath = join(directory, 'model');
    await store.getBlobToFile(ref, modelPath);
    const { ask, ready, ended, close } = openAnsweringModel({ modelPath, normalisation }, onBatch);
    // From here on the process has the model, and the file is not read again.
    await ready;
    return {
      model: {
        ...{ run: recorded.runId, sha256: ref.sha256, classes, image: shape },
        decode: (bytes) => decoder.decode({ bytes, shape, fit }),
        probabilities: ask,
      },
      ended,
      close: () => close(),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
