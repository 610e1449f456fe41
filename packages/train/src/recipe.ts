import { UserError } from '@atelier/errors';
import { z } from 'zod';

const fraction = z.number().min(0).max(1);
const alpha = z.number().min(0).max(100).default(0);
const decay = z.number().min(0).lt(1);

const recipeFields = z.strictObject({
  epochs: z
    .int()
    .min(1)
    .max(100_000)
    .default(120)
    .meta({ help: 'passes over the training images', flag: 'epochs' }),
  batchSize: z.int().min(2).max(65_536).default(128).meta({
    help: 'images per optimizer step; the last step of an epoch takes what is left',
    flag: 'batchSize',
  }),
  learningRate: z
    .number()
    .positive()
    .max(10)
    .default(5e-4)
    .meta({ help: 'where the cosine schedule starts', flag: 'learningRate' }),
  minimumLearningRate: z
    .number()
    .min(0)
    .default(2e-8)
    .meta({ help: 'where the cosine schedule ends' }),
  betas: z.tuple([decay, decay]).default([0.9, 0.999]).meta({ help: "AdamW's decay rates" }),
  epsilon: z.number().positive().default(1e-8).meta({ help: "AdamW's epsilon" }),
  weightDecay: z
    .number()
    .min(0)
    .max(10)
    .default(0.19)
    .meta({ help: 'decoupled, on weight matrices only', flag: 'weightDecay' }),
  labelSmoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0.01)
    .meta({ help: 'share of the uniform label', flag: 'labelSmoothing' }),
  classWeights: z.enum(['none', 'balanced']).default('none').meta({
    help: 'what counts alike in the loss: none, every image; balanced, every class',
    flag: 'classWeights',
    added: true,
  }),
  sampling: z.enum(['shuffled', 'balanced']).default('shuffled').meta({
    help: "an epoch's images: shuffled, each once; balanced, of every class as many",
    flag: 'sampling',
    added: true,
  }),
  clipNorm: z
    .number()
    .positive()
    .default(1)
    .meta({ help: "largest global norm of a step's gradient", flag: 'clipNorm' }),
  augmentation: z
    .strictObject({
      flip: fraction.default(0.5).meta({ help: 'probability of a horizontal flip' }),
      translate: fraction
        .default(0.03)
        .meta({ help: 'largest shift, as a fraction of width and height' }),
      scale: z
        .number()
        .min(0)
        .lt(1)
        .default(0.03)
        .meta({ help: 'largest change of size, as a fraction' }),
      interpolation: z
        .enum(['nearest', 'bilinear'])
        .default('nearest')
        .meta({ help: 'how a moved image is sampled: nearest or bilinear' }),
      rotate: z
        .number()
        .min(0)
        .max(180)
        .default(0)
        .meta({ help: 'largest angle of a rotation, in degrees', added: true }),
      crop: z.int().min(0).max(1024).default(0).meta({
        help: 'pixels of padding, of which a picture of the same size is cropped anywhere',
        added: true,
      }),
      brightness: fraction
        .default(0)
        .meta({ help: 'largest change of brightness, as a fraction', added: true }),
      contrast: fraction
        .default(0)
        .meta({ help: 'largest change of contrast, as a fraction', added: true }),
      erase: fraction
        .default(0)
        .meta({ help: 'probability that a rectangle of a picture is erased', added: true }),
      mixup: alpha.meta({
        help: 'alpha of the beta distribution by which pairs of pictures are blended; 0: none are',
        added: true,
      }),
      cutmix: alpha.meta({
        help: 'alpha of the beta distribution by which pictures get a piece of another; 0: none do',
        added: true,
      }),
    })
    .prefault({}),
  freeze: z
    .array(z.string())
    .transform((given) => given.flatMap((names) => names.split(',').map((name) => name.trim())))
    .default([])
    .meta({
      help: 'layers or tensors that stay as they begin: backbone (all but the last layer), or names such as conv1,bn1',
      flag: 'freeze',
      placeholder: 'name,…',
      unset: 'none',
      added: true,
    }),
  engine: z.enum(['compiled', 'eager']).default('compiled').meta({
    help: 'compiled: one XLA program an epoch; eager: one operation at a time',
    flag: 'engine',
  }),
});

/** How a network is trained. The defaults are the reference recipe. */
export const recipeSchema = recipeFields.superRefine(({ sampling, classWeights }, context) => {
  if (sampling !== 'balanced' || classWeights !== 'balanced') return;
  context.addIssue({
    code: 'custom',
    path: ['sampling'],
    input: sampling,
    message: 'expected shuffled, since classWeights has every class count alike already',
  });
});

/**
 * @param examples images of the training split
 * @throws UserError for a batch size that the training split cannot be divided by
 */
export function checkBatchSize(batchSize: number, examples: number): void {
  const suits = (size: number): boolean => size >= 2 && size <= examples && examples % size !== 1;
  if (suits(batchSize)) return;
  let near = Math.min(batchSize, examples);
  while (near > 2 && !suits(near)) near -= 1;
  throw new UserError({
    what: 'The batch size does not suit the dataset.',
    where: 'recipe.batchSize',
    expected:
      batchSize > examples
        ? `at most ${examples}, the number of training images`
        : `a size that does not leave one image of ${examples} for the last batch, which batch normalisation needs two of`,
    found: String(batchSize),
    remedy: suits(near)
      ? `start a run with another one, such as --batchSize ${near}`
      : 'train on a dataset of more images',
    mendedBy: [],
  });
}

export type Recipe = z.infer<typeof recipeSchema>;
/** How strongly images are changed, each way by itself: 0 leaves them as they are. */
export type Augmentation = Recipe['augmentation'];
