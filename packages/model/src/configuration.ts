import { z } from 'zod';

const width = z.int().min(1).max(65_536);

/** The part of a network that a person chooses; the dataset gives the rest. */
export const networkOptionsSchema = z
  .strictObject({
    widths: z
      .array(width)
      .min(1)
      .max(64)
      .default([144, 128, 128, 128])
      .meta({ help: 'outputs of the hidden blocks, first to last', flag: 'widths' }),
    residual: z.int().min(0).default(3).meta({
      help: 'block, from 2 on, that a residual connection leads around; 0: none',
      flag: 'residual',
    }),
    dropout: z.number().min(0).lt(1).default(0.3).meta({
      help: 'probability that an activation is zeroed',
      placeholder: 'p',
      flag: 'dropout',
    }),
    dropoutAt: z.enum(['output', 'blocks']).default('output').meta({
      help: 'output: before the output layer only; blocks: after every block',
      flag: 'dropoutAt',
    }),
  })
  .superRefine(({ widths, residual }, context) => {
    if (residual === 0) return;
    const [before, after] = [widths[residual - 2], widths[residual - 1]];
    const between = before !== undefined && after !== undefined;
    if (between && before === after) return;
    context.addIssue({
      code: 'custom',
      path: ['residual'],
      input: residual,
      message: between
        ? `expected a block as wide as the one before it, found ${before} before and ${after} after`
        : `expected 0 (none) or one of the ${widths.length} blocks of widths but the first`,
    });
  });

export type NetworkOptions = z.infer<typeof networkOptionsSchema>;

export interface Network extends NetworkOptions {
  /** Features of one flattened image. */
  inputs: number;
  classes: number;
}

/** A whole network, as checkpoints record it. */
export const networkSchema = z
  .looseObject({ inputs: width, classes: z.int().min(2) })
  .transform(({ inputs, classes, ...options }, context): Network => {
    const parsed = networkOptionsSchema.safeParse(options);
    if (parsed.success) return { inputs, classes, ...parsed.data };
    for (const { path, message } of parsed.error.issues)
      context.addIssue({ code: 'custom', path, message, input: options });
    return z.NEVER;
  });
