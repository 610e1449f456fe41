import { preparedDatasetSchema } from '@atelier/data/prepared-dataset';
import { differenceSchema } from '@atelier/evaluate/comparison';
import {
  evaluationSchema,
  intervalSchema,
  mistakeSchema,
  selectionSchema,
  testResultSchema,
} from '@atelier/evaluate/schema';
import { seedSpreadSchema } from '@atelier/evaluate/seed-spread';
import { networkSchema } from '@atelier/model/network';
import { environmentSchema } from '@atelier/tensorflow/environment';
import { epochRecordSchema } from '@atelier/train/epochs';
import { initialisationSchema } from '@atelier/train/initialise';
import { recipeSchema } from '@atelier/train/recipe';
import { z } from 'zod';
import { publishedReferenceSchema } from './reference-schema.ts';

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** Consecutive epochs of one origin. */
export const spanSchema = z.object({
  first: z.int().min(1),
  last: z.int().min(1),
  /** The run that trained them. */
  run: z.string().min(1),
  /** Fingerprint of the training that they were trained in: another one where they were adopted. */
  training: z.string().min(1),
  environment: environmentSchema,
});

/** Consecutive adopted epochs that were trained or validated on other splits than this training's. */
export const adoptedDataSchema = z.object({
  first: z.int().min(1),
  last: z.int().min(1),
  /** The other data's, from its manifest. */
  title: z.string(),
  splitSeed: count,
  /** Images of this training's test split that are among those that the epochs learned from … */
  testInTraining: count,
  /** … and among those that they were validated on. */
  testInValidation: count,
});

/** Which training gave the model: true of every run that points to it. */
const trainingSchema = z.object({
  /** Names the training by its inputs. */
  fingerprint: z.string().min(1),
  finishedAt: z.iso.datetime({ offset: true }),
  /** Where the epochs come from, first to last. */
  lineage: z.array(spanSchema).min(1),
  /** Absent where every epoch was trained and validated on the splits of `dataset`. */
  adoptedData: z.array(adoptedDataSchema).min(1).optional(),
  /** What it took of another model to begin with, and that model's digest; absent where nothing. */
  initialised: initialisationSchema.extend({ sha256: z.string() }).optional(),
});

/** What the model is compared with. */
const shownReferenceSchema = publishedReferenceSchema.extend({
  /** Of a run: accuracies on the test images that both have, this model's as a. */
  paired: differenceSchema
    .required()
    .extend({ run: z.string(), examples: z.int().min(1) })
    .optional(),
});

const sampleSchema = mistakeSchema.extend({
  /** One for every class. */
  probabilities: z.array(share),
});
export type Sample = z.infer<typeof sampleSchema>;

/** One column per quantity, one row per test example, in the order of the test split. */
const examplesSchema = z.object({
  index: z.array(count),
  actual: z.array(count),
  predicted: z.array(count),
  confidence: z.array(share),
  actualProbability: z.array(share),
});

export const reportSchema = z.object({
  schemaVersion: z.literal(3),
  training: trainingSchema,
  /** What most readers look for, all of it repeated below with its context. */
  result: z.object({
    ...testResultSchema.shape,
    testAccuracyInterval: intervalSchema,
    testExamples: count,
    testCorrect: count,
    validationAccuracy: share,
    validationAccuracyInterval: intervalSchema,
    validationLoss: z.number(),
    bestEpoch: z.int().min(1),
    epochs: z.int().min(1),
    parameters: count,
    trainingSeconds: z.number(),
  }),
  reference: shownReferenceSchema.nullable(),
  dataset: preparedDatasetSchema,
  /** What had changed since the data that was accepted before, in words; absent where nothing had. */
  dataChange: z.string().optional(),
  network: networkSchema,
  recipe: recipeSchema,
  seed: z.int(),
  /** Where this seed was chosen out of several: how good all of them are, and how far apart. */
  seeds: seedSpreadSchema.optional(),
  history: z.array(epochRecordSchema).min(1),
  selection: selectionSchema,
  evaluation: evaluationSchema,
  /** Drawn at random by the split's seed, the same number of each class, in class order. */
  samples: z.array(sampleSchema),
  examples: examplesSchema,
  /** The last epoch's; the lineage holds every epoch's. */
  environment: environmentSchema,
  /** Wall time of each stage's work in seconds. */
  timings: z.record(z.string(), z.number().min(0)),
});
/** Everything a training's evaluation found out, as report.json holds it. */
export type Report = z.infer<typeof reportSchema>;
