import type { ImageShape } from '@atelier/data/image-shape';
import {
  add,
  div,
  exp,
  floor,
  greaterEqual,
  less,
  logicalAnd,
  minimum,
  mul,
  range,
  reshape,
  round,
  sqrt,
  sub,
  type Tensor,
  tensor1d,
  where,
} from '@tensorflow/tfjs-core';

/** Of the image's area, and height over width: torchvision's defaults. */
const areas: Bounds = [0.02, 0.33];
const ratios: Bounds = [0.3, 3.3];

type Bounds = readonly [least: number, most: number];

const between = (u: Tensor, [least, most]: Bounds): Tensor => add(mul(u, most - least), least);

/**
 * Images of which a rectangle is erased: torchvision's RandomErasing (Zhong et al. 2017,
 * https://arxiv.org/abs/1708.04896), with one try. A side that would not fit is one pixel shorter
 * than the image's, where torchvision tries again, up to ten times.
 * @param pixels float32 from 0 to 255, [n, height * width * channels]
 * @param chosen bool [n, 1]: the images of which something is erased
 * @param draws of area, ratio, top and left, each uniform from [0, 1) and [n, 1]
 * @param mean from 0 to 1, what stands in the rectangle: 0 once it is normalised
 */
export function erased(
  pixels: Tensor,
  chosen: Tensor,
  draws: Tensor[],
  { height, width, channels, mean }: ImageShape & { mean: number | readonly number[] },
): Tensor {
  const [ofArea, ofRatio, ofTop, ofLeft] = draws as [Tensor, Tensor, Tensor, Tensor];
  const n = chosen.shape[0]!;
  const area = mul(between(ofArea, areas), height * width);
  const ratio = exp(between(ofRatio, ratios.map(Math.log) as unknown as Bounds));
  const rows = minimum(round(sqrt(mul(area, ratio))), height - 1);
  const columns = minimum(round(sqrt(div(area, ratio))), width - 1);
  const inRows = logicalAnd(chosen, stretch(ofTop, rows, height));
  const inColumns = stretch(ofLeft, columns, width);
  const hidden = logicalAnd(
    reshape(inRows, [n, height, 1, 1]),
    reshape(inColumns, [n, 1, width, 1]),
  );
  const shown = reshape(pixels, [n, height, width, channels]);
  const means = tensor1d([mean].flat().map((one) => 255 * one));
  return reshape(where(hidden, means, shown), pixels.shape);
}

/** Which of a side's positions lie in a stretch of this length, drawn anywhere on it: [n, side]. */
function stretch(u: Tensor, length: Tensor, side: number): Tensor {
  const first = floor(mul(u, sub(side + 1, length)));
  const positions = reshape(range(0, side, 1, 'float32'), [1, side]);
  return logicalAnd(greaterEqual(positions, first), less(positions, add(first, length)));
}
