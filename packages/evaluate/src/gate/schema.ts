import { z } from 'zod';
import { differenceSchema } from '../comparison/schema.ts';

const count = z.int().min(0);
const share = z.number().min(0).max(1);

export const gateRuleSchema = z.strictObject({
  minimumEffect: share.default(0.001).meta({
    help: 'by how much of the gate images a candidate has to be better, as a fraction',
  }),
  /**
   * What is bounded: the chance that of the candidates of one recipe, which on average are no better
   * than the champion, one is ever promoted in its place, however many nights they try.
   */
  level: z.number().min(0.0001).max(0.5).default(0.05).meta({
    help: 'chance that a recipe that is no better ever replaces a champion, over all nights',
  }),
  recallMargin: share.default(0.01).meta({
    help: "by how much a class's recall may fall, as a fraction, beyond what chance explains",
  }),
  calibrationMargin: share.default(0.01).meta({
    help: 'by how much the calibration error may rise, as a fraction, beyond what chance explains',
  }),
});
/** What a candidate has to show to be put in the champion's place. */
export type GateRule = z.output<typeof gateRuleSchema>;

export const gateEvidenceSchema = z.strictObject({
  /** The digest of the gate split's images and labels: looks at others are not pooled with it. */
  split: z.string(),
  /** Images of the gate split. */
  examples: count.min(1),
  /** How many of them both recognise, one of them, or none. */
  counts: z.strictObject({
    ...{ both: count, candidateOnly: count, championOnly: count, neither: count },
  }),
  /** Tonight's two models alone: a is the candidate, b the champion; exact McNemar. */
  accuracy: differenceSchema,
  /** Tonight's candidate with the earlier ones of its recipe against the same champion. */
  pooled: z.strictObject({
    /** The number of this look: candidates that answered differently, this one included. */
    looks: count.min(1),
    /** Mean over the candidates of accuracy less the champion's. */
    difference: z.number(),
    /** Of that, over the images. */
    standardError: z.number().min(0),
    /** The difference in standard errors, less half a step. */
    z: z.number(),
    /** What z has to reach. */
    criticalZ: z.number(),
    /** What the difference has to reach, by `criticalZ` and by the minimum effect. */
    criticalDifference: z.number(),
    /** One-sided, of this look alone. */
    pValue: share,
    /** Of the rule's level, what all looks up to this one have spent. */
    levelSpent: share,
  }),
  /** Of each class that the gate split has, in the order of the classes; a is the candidate. */
  recall: z.array(
    differenceSchema.extend({
      class: z.string(),
      /** Holm's, over the classes. */
      adjustedPValue: share,
    }),
  ),
  /** Expected calibration error, the interval by a paired bootstrap; a is the candidate. */
  calibration: differenceSchema,
  /** Which gate images the candidate recognises: a bit for each, as `encodeMembership` writes them. */
  recognised: z.base64(),
});
/** What is kept of one look at a candidate and a champion. */
export type GateEvidence = z.infer<typeof gateEvidenceSchema>;
