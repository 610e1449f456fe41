import type { ImageShape } from '@atelier/data/image-shape';
import { gather, intMax, intSub, iota, materialize, randomUniform } from '@atelier/graph';
import {
  add,
  cast,
  clipByValue,
  cos,
  div,
  exp,
  expm1,
  fill,
  floor,
  greaterEqual,
  less,
  log,
  logicalAnd,
  maximum,
  mul,
  neg,
  range,
  reshape,
  scalar,
  sqrt,
  square,
  sub,
  type Tensor,
  unstack,
  where,
} from '@tensorflow/tfjs-core';
import type { RandomKey } from './augmentation.ts';
import type { Augmentation } from './recipe.ts';

type Strengths = Pick<Augmentation, 'mixup' | 'cutmix'>;

/** How the images of a batch are mixed: each with one partner, all by the same shares. */
export interface Mixture {
  /** A scalar from 0 to 1: what of an image is its own. The rest is its partner's. */
  share: Tensor;
  /** Of the partner at each position, [1, height * width * channels]. */
  ofPartner: Tensor;
}

/** Uniform draws of a batch, each a scalar from [0, 1). */
export interface MixtureDraws {
  /** Of the share. */
  beta: [Tensor, Tensor];
  /** Whether it is mixup or cutmix, where both are on. */
  choice: Tensor;
  /** Where the middle of cutmix's rectangle lies. */
  row: Tensor;
  column: Tensor;
}

export function mixtureDraws(key: RandomKey): MixtureDraws {
  const [u, v, choice, row, column] = unstack(materialize(randomUniform([5], key)));
  return { beta: [u!, v!], choice: choice!, row: row!, column: column! };
}

/**
 * What a batch is mixed by: mixup (Zhang et al. 2018, https://arxiv.org/abs/1710.09412) or cutmix
 * (Yun et al. 2019, https://arxiv.org/abs/1905.04899), each batch one of them, as likely as the
 * other, where both are on. The definitions are timm's `Mixup` for whole batches.
 */
export function mixtureOf(
  { mixup, cutmix }: Strengths,
  image: ImageShape,
  { beta: [u, v], choice, row, column }: MixtureDraws,
): Mixture {
  if (cutmix === 0) return blended(symmetricBeta(u, v, mixup), image);
  if (mixup === 0) return pasted(symmetricBeta(u, v, cutmix), row, column, image);
  const cuts = less(choice, 0.5);
  const share = symmetricBeta(u, v, where(cuts, scalar(cutmix), scalar(mixup)));
  const [blend, cut] = [blended(share, image), pasted(share, row, column, image)];
  return {
    share: where(cuts, cut.share, blend.share),
    ofPartner: where(cuts, cut.ofPartner, blend.ofPartner),
  };
}

/** Mixup: all of a partner shows through, faintly. */
const blended = (share: Tensor, image: ImageShape): Mixture => ({
  share,
  ofPartner: mul(fill([1, image.height * image.width * image.channels], 1), sub(1, share)),
});

/** Cutmix: a rectangle of a partner, in the image's proportions; what juts out is cut off. */
function pasted(
  share: Tensor,
  row: Tensor,
  column: Tensor,
  { height, width, channels }: ImageShape,
): Mixture {
  const side = sqrt(sub(1, share));
  const rows = stretch(row, side, height);
  const columns = stretch(column, side, width);
  const inside = logicalAnd(
    reshape(rows.inside, [height, 1, 1]),
    reshape(columns.inside, [1, width, 1]),
  );
  const everywhere = mul(cast(inside, 'float32'), fill([1, 1, channels], 1));
  return {
    share: sub(1, div(mul(rows.length, columns.length), height * width)),
    ofPartner: reshape(everywhere, [1, height * width * channels]),
  };
}

/**
 * What a length may lack of a whole pixel and still have it. Small alphas often draw shares of almost
 * 0, for which the last digit, another one eagerly and compiled, would decide on a whole pixel.
 */
const almost = 1e-3;

/** A stretch of an axis of `size` positions, `side` of it long, about a middle that is drawn. */
function stretch(u: Tensor, side: Tensor, size: number): { inside: Tensor; length: Tensor } {
  const half = floor(div(floor(add(mul(side, size), almost)), 2));
  const middle = floor(mul(u, size));
  const first = maximum(sub(middle, half), 0);
  const end = clipByValue(add(middle, half), 0, size);
  const positions = range(0, size, 1, 'float32');
  return {
    inside: logicalAnd(greaterEqual(positions, first), less(positions, end)),
    length: sub(end, first),
  };
}

/**
 * A draw from Beta(alpha, alpha), of two uniform draws from [0, 1) and without rejection: Bailey's
 * polar draw of Student's t with 2 alpha degrees of freedom (Mathematics of Computation 62, 1994),
 * t = sqrt(2 alpha (U^(-1/alpha) - 1)) cos(2 pi V), as (1 + t / sqrt(2 alpha + t^2)) / 2. Written so
 * that U^(-1/alpha), which overflows float32 for a small alpha, does not appear.
 * @param alpha greater than 0
 */
export function symmetricBeta(u: Tensor, v: Tensor, alpha: Tensor | number): Tensor {
  // 1 - u lies in (0, 1], so the logarithm is finite.
  const logarithm = div(log(sub(1, u)), alpha);
  const [power, rest] = [exp(logarithm), neg(expm1(logarithm))];
  const cosine = cos(mul(v, 2 * Math.PI));
  // 0 only where the power underflows and the cosine is 0 as well.
  const norm = sqrt(maximum(add(power, mul(rest, square(cosine))), 1e-30));
  const unclipped = add(mul(div(mul(sqrt(rest), cosine), norm), 0.5), 0.5);
  return materialize(clipByValue(unclipped, 0, 1));
}

/**
 * Each example's partner: the batch backwards, what pads it left out, so that the examples that are
 * there are each the partner of one. The middle one of an odd number is its own.
 * @param count a float32 scalar: examples that do not pad, which are the first
 * @returns int32 [n], places in the batch
 */
export const partnersOf = (n: number, count: Tensor): Tensor =>
  intMax(intSub(cast(sub(count, 1), 'int32'), iota(n)), 0);

/** @param x float32 [n, height * width * channels] */
export function mixed(x: Tensor, partners: Tensor, { ofPartner }: Mixture): Tensor {
  // Read twice, but computed once.
  const own = materialize(x);
  const weights = materialize(ofPartner);
  return add(mul(own, sub(1, weights)), mul(gather(own, partners), weights));
}
