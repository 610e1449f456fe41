import { cnnOptions, mlpOptions, type NetworkOptions, resnetOptions } from '@atelier/model/network';
import { settingsOf } from '@atelier/settings';
import { recipeSchema } from '@atelier/train/recipe';
import { z } from 'zod';
import { promotionOptionsShape } from './gate-settings.ts';
import { datasetMeta, stageSettingsSchema } from './stage-settings.ts';

export const seedSchema = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

export const splitSeedSchema = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

/** A network that the person wrote; what runs hold of it is found out when a run starts. */
const askedModule = z.strictObject({
  architecture: z.literal('module'),
  module: z.string().min(1).meta({
    help: 'path of a module with a network of your own, see networks.md; with architecture module, or by --network',
    unset: 'none',
  }),
  options: z.record(z.string(), z.json()).default({}).meta({
    help: "that network's own options; by --networkOptions name=value",
    unset: 'its own defaults',
  }),
});

export type AskedModule = z.output<typeof askedModule>;

const kinds = ['mlp', 'cnn', 'resnet', 'module'];

/** What a person may set of a run, by a file or by flags. The defaults are the reference run. */
export const runOptionsSchema = z.strictObject({
  dataset: z.string().min(1).default('datasets/fashion-mnist.json').meta(datasetMeta),
  seed: seedSchema.optional().meta({
    help: 'decides weights, order, augmentation and dropout',
    flag: 'seed',
    unset: '1; of a schedule: another every night',
  }),
  splitSeed: splitSeedSchema.default(1).meta({
    help: 'decides which images are held out for validation',
    flag: 'splitSeed',
  }),
  ...promotionOptionsShape,
  ...stageSettingsSchema.shape,
  network: z
    .discriminatedUnion('architecture', [mlpOptions, cnnOptions, resnetOptions, askedModule], {
      error: `expected ${kinds.join(' or ')}`,
    })
    .prefault({}),
  recipe: recipeSchema.prefault({}),
});

/** A network as a person asks for it: whole, or a module that is yet to be looked at. */
export type AskedNetwork = AskedModule | NetworkOptions;

/** Whether a network is a module that is yet to be looked at. */
export const isAsked = (network: AskedNetwork): network is AskedModule =>
  network.architecture === 'module' && typeof network.module === 'string';

export type RunOptions = Omit<z.output<typeof runOptionsSchema>, 'network'> & {
  network: AskedNetwork;
};

/** Every setting of a run with what its schema says of it. */
export const runSettings = settingsOf(runOptionsSchema);
