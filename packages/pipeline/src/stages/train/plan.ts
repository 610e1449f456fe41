import { digestSchema } from '@atelier/artifacts/blob-ref';
import { imageShape, type StoredImageShape } from '@atelier/data/image-shape';
import {
  type NetworkOptions,
  networkFor,
  networkOptionsSchema,
  recordedNetwork,
} from '@atelier/model/network';
import { initialisationSchema } from '@atelier/train/initialise';
import { recipeSchema } from '@atelier/train/recipe';
import { z } from 'zod';
import { trainQueue } from '../../names.ts';
import { adoptionSchema, type EpochData, initialModelSchema } from '../../run-configuration.ts';
import { dataPlan } from '../data/plan.ts';
import { planStage } from '../plan.ts';

/** The network with what a dataset decides about it. */
export const wholeNetwork = (
  network: NetworkOptions,
  dataset: StoredImageShape & { classes: readonly string[] },
) => networkFor(network, imageShape(dataset), dataset.classes.length);

type Splits = Pick<EpochData, 'train' | 'validation'>;

/** Whether scores on the one are scores on the other, and what was learned is the same. */
export const isSameData = (a: Splits, b: Splits): boolean =>
  a.train.sha256 === b.train.sha256 && a.validation.sha256 === b.validation.sha256;

/** Which of the epochs that a training adopts are of other data than its own. */
export const otherDataOf = (adopted: readonly EpochData[] = [], own: Splits): EpochData[] =>
  adopted.filter((span) => !isSameData(span, own));

/** Trains in a child process from the newest committed epoch on, committing every epoch. */
export const trainPlan = planStage({
  name: 'train',
  activity: 'train',
  version: 3,
  title: 'Train, committing every epoch',
  taskQueue: trainQueue,
  // Training may take days. Attempts that commit no epoch exhaust the retries, see `beginRun`.
  timeout: '30d',
  retry: { maximumInterval: '10s' },
  input: {
    data: dataPlan.outcome,
    network: networkOptionsSchema,
    recipe: recipeSchema,
    seed: z.int(),
    adopt: adoptionSchema.optional(),
    initialise: initialModelSchema.optional(),
  },
  dependsOn({ data, network, recipe, seed, adopt, initialise }) {
    const { train, validation } = data.outputs;
    const { normalisation } = data.summary;
    const { training, epoch, checkpoint, thinned = [] } = adopt ?? {};
    // Earlier versions chose by scores on other images: their records are not of this work.
    const otherData = otherDataOf(adopt?.data, data.outputs).map(
      ({ first, last, train, validation }) => ({ first, last, train, validation }),
    );
    const adopted = {
      ...{ training, epoch, checkpoint },
      ...(otherData.length > 0 && { otherData }),
      ...(thinned.length > 0 && { thinned }),
    };
    return {
      ...{ train, validation, normalisation, recipe, seed },
      network: recordedNetwork(wholeNetwork(network, data.summary)),
      // The run that it was named by is another name for the same work.
      ...(adopt ? { adopted } : {}),
      ...(initialise ? { initialised: initialise.model } : {}),
    };
  },
  outputs: ['history'],
  summary: z.object({
    epochs: z.int().min(1),
    /** Epochs that earlier attempts or runs had committed. */
    resumedAfter: z.int().min(0),
    /** What was taken of the model that it began with, and that model's digest. */
    initialised: initialisationSchema.extend({ sha256: digestSchema }).optional(),
  }),
  files: { 'model/history.json': 'history' },
});
