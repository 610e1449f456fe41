import { UserError } from '@atelier/errors';
import { z } from 'zod';
import { normalisationSchema, type PreparedDataset } from './prepared-dataset.ts';

const percent = z.number().min(0).max(1_000_000);
const points = z.number().min(0).max(100);

/**
 * How much a followed dataset may change from the last one that was accepted. The defaults let a
 * set grow and shift a little, and stop at a class that is gone, another scale of pixels or a file
 * of half its length.
 */
export const limitsSchema = z.strictObject({
  /** Percent by which the number of a split's images may change. */
  examples: percent.default(20),
  /**
   * Percentage points by which the classes' shares of a split may change together: the images of a
   * hundred that would have to be of another class (the total variation distance).
   */
  classBalance: points.default(5),
  /** Change of the training pixels' mean, in percent of their accepted standard deviation. */
  mean: percent.default(10),
  /** Percent by which the training pixels' standard deviation may change. */
  deviation: percent.default(10),
  /**
   * Percentage points by which may grow the share of validation and test images that also occur in
   * an earlier split.
   */
  duplicates: points.default(1),
});

export type Limits = z.output<typeof limitsSchema>;

const count = z.int().nonnegative();
const perSplit = <T extends z.ZodType>(value: T) =>
  z.object({ train: value, validation: value, test: value });

/** A dataset is too different from what was accepted last: a person has to look at it. */
export class ContractViolation extends UserError {}

/** What of a prepared dataset is compared. */
export const datasetFactsSchema = z.object({
  classes: z.array(z.string()),
  /** [height, width, channels] */
  shape: z.array(count).length(3),
  /** Images of each class. */
  classCounts: perSplit(z.array(count)),
  normalisation: normalisationSchema,
  /** Images of validation and test that also occur in an earlier split. */
  duplicatesAcross: count,
});

export type DatasetFacts = z.output<typeof datasetFactsSchema>;

/** A gate split counts as the part of validation that it is taken from: with or without, it is the same data. */
export function datasetFacts(manifest: PreparedDataset): DatasetFacts {
  const { classes, height, width, channels = 1, splits, normalisation, contract } = manifest;
  const { trainValidation, trainTest, validationTest, ...gate } = contract.duplicates.across;
  const { trainGate = 0, gateTest = 0 } = gate;
  const held = splits.gate?.classCounts;
  return {
    classes,
    shape: [height, width, channels],
    classCounts: {
      train: splits.train.classCounts,
      validation: splits.validation.classCounts.map((n, c) => n + (held?.[c] ?? 0)),
      test: splits.test.classCounts,
    },
    normalisation,
    duplicatesAcross: trainValidation + trainGate + trainTest + validationTest + gateTest,
  };
}

/** One of the things that are compared, in words with numbers. */
export interface Change {
  /** As in "class balance of train". */
  what: string;
  limit: string;
  /** How it was and how it is. */
  found: string;
  /** Whether it is another at all, and whether it is beyond the limit. */
  changed: boolean;
  violated: boolean;
}

const splits = ['train', 'validation', 'test'] as const;

/** What is different about a dataset, each with the limit that it is held against. */
export function compareDatasets(
  accepted: DatasetFacts,
  found: DatasetFacts,
  limits: Limits,
): Change[] {
  const kind = compareKinds(accepted, found);
  if (kind !== undefined) return [kind];
  return [
    ...splits.flatMap((split) => {
      const [before, now] = [accepted.classCounts[split], found.classCounts[split]];
      return [
        compareCounts(`images of ${split}`, sum(before), sum(now), limits.examples),
        compareBalance(`class balance of ${split}`, before, now, found.classes, limits),
      ];
    }),
    ...coloursOf(found).flatMap(([c, of]) =>
      compareNormalisation(of, colourOf(accepted, c), colourOf(found, c), limits),
    ),
    compareDuplicates(accepted, found, limits.duplicates),
  ];
}

/** Of images of another kind no number means what it meant; undefined where they are of one kind. */
function compareKinds(accepted: DatasetFacts, found: DatasetFacts): Change | undefined {
  const kindOf = ({ classes, shape }: DatasetFacts): string =>
    `${classes.length} classes (${classes.join(', ')}), images of ${shape.join(' × ')}`;
  if (kindOf(accepted) === kindOf(found)) return undefined;
  return {
    what: 'the kind of data',
    limit: 'none',
    found: `${kindOf(accepted)}, now ${kindOf(found)}`,
    ...{ changed: true, violated: true },
  };
}

function compareCounts(what: string, before: number, now: number, limit: number): Change {
  const change = (100 * (now - before)) / before;
  return {
    what,
    limit: `${limit} %`,
    found: `${whole(before)}, now ${whole(now)} (${signed(change)} %)`,
    changed: now !== before,
    violated: Math.abs(change) > limit,
  };
}

function compareBalance(
  what: string,
  before: readonly number[],
  now: readonly number[],
  classes: readonly string[],
  { classBalance: limit }: Limits,
): Change {
  const [was, is] = [before, now].map((counts) => counts.map((n) => (100 * n) / sum(counts)));
  const moved = is!.map((share, c) => Math.abs(share - was![c]!));
  const distance = sum(moved) / 2;
  const most = moved.indexOf(Math.max(...moved));
  const shares = `${short(was![most]!)} %, now ${short(is![most]!)} %`;
  // Of a hundred classes one is a point: that it is gone has to count by itself.
  const gone = classes.filter((_, c) => before[c]! > 0 && now[c] === 0);
  const lost = gone.length === 0 ? '' : `; no image any more of ${gone.join(', ')}`;
  return {
    what,
    limit: `${limit} points, and no class without images`,
    found: `moved by ${short(distance)} points (most of all ${classes[most]}: ${shares})${lost}`,
    changed: distance > 0,
    violated: distance > limit || gone.length > 0,
  };
}

/** What has a normalisation of its own, by its position: all pixels, or each colour of them. */
const coloursOf = ({ normalisation }: DatasetFacts): [number, string][] =>
  Array.isArray(normalisation.mean)
    ? [...['red', 'green', 'blue'].map((name) => ` in ${name}`).entries()]
    : [[0, '']];

/** The three together stand for each where they were taken together. */
function colourOf({ normalisation }: DatasetFacts, c: number): Statistics {
  const at = (value: number | number[]): number => (Array.isArray(value) ? value[c]! : value);
  return { mean: at(normalisation.mean), std: at(normalisation.std) };
}

interface Statistics {
  mean: number;
  std: number;
}

function compareNormalisation(
  of: string,
  before: Statistics,
  now: Statistics,
  limits: Limits,
): Change[] {
  const mean = (100 * (now.mean - before.mean)) / before.std;
  const deviation = (100 * (now.std - before.std)) / before.std;
  return [
    {
      what: `mean of the training pixels${of}`,
      limit: `${limits.mean} % of the deviation`,
      found: `${short(before.mean)}, now ${short(now.mean)} (${signed(mean)} % of the deviation)`,
      changed: mean !== 0,
      violated: Math.abs(mean) > limits.mean,
    },
    {
      what: `deviation of the training pixels${of}`,
      limit: `${limits.deviation} %`,
      found: `${short(before.std)}, now ${short(now.std)} (${signed(deviation)} %)`,
      changed: deviation !== 0,
      violated: Math.abs(deviation) > limits.deviation,
    },
  ];
}

function compareDuplicates(accepted: DatasetFacts, found: DatasetFacts, limit: number): Change {
  const shareOf = ({ duplicatesAcross, classCounts }: DatasetFacts): number =>
    (100 * duplicatesAcross) / (sum(classCounts.validation) + sum(classCounts.test));
  const [was, is] = [shareOf(accepted), shareOf(found)];
  const said = ({ duplicatesAcross }: DatasetFacts, share: number): string =>
    `${whole(duplicatesAcross)} (${short(share)} %)`;
  return {
    what: 'images of validation and test that occur in an earlier split',
    limit: `${limit} points more`,
    found: `${said(accepted, was)}, now ${said(found, is)}`,
    changed: found.duplicatesAcross !== accepted.duplicatesAcross,
    violated: is - was > limit,
  };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const whole = (value: number): string => value.toLocaleString('en');
const short = (value: number): string => String(Number(value.toPrecision(3)));
const signed = (value: number): string => `${value > 0 ? '+' : ''}${short(value)}`;
