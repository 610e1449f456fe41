/**
 * One step of a network: it takes the values `of`, the results of earlier steps (0: the image), and
 * gives one of this shape; `weight` and `bias` are the places of its numbers among all.
 * @typedef {{ kind: string, of: number[], shape: number[], weight?: number, bias?: number }} Step
 *
 * @typedef {object} Description
 * @property {string[]} classes
 * @property {{ height: number, width: number, channels: number }} image
 * @property {number[]} factors a pixel becomes pixel * factor + shift, by its channel
 * @property {number[]} shifts
 * @property {Step[]} steps
 * @property {Float64Array} weights see `unpackWeights`
 */

/**
 * Runs a network on images, one after the other; it needs nothing but the language.
 * @param {Description} description
 */
export function classifier({ classes, image, factors, shifts, steps, weights: numbers }) {
  const imageSize = image.height * image.width * image.channels;
  const sizes = steps.map(({ shape }) => shape.reduce((size, side) => size * side, 1));
  const values = [imageSize, ...sizes].map((size) => new Float64Array(size));

  /**
   * @param {ArrayLike<number>} pixels of n images, [n, height, width, channels], each 0 to 255
   * @returns {Float32Array} [n, classes], each row adding up to 1
   * @throws RangeError where they are not whole images, or a value is no pixel's
   */
  function probabilities(pixels) {
    const n = pixels?.length / imageSize;
    if (!Number.isInteger(n)) throw wrongSize(pixels);
    const result = new Float32Array(n * classes.length);
    const [first, last] = [values[0], values[steps.length]];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < imageSize; j++) {
        const channel = j % image.channels;
        const at = i * imageSize + j;
        const pixel = pixels[at];
        if (!(Number.isInteger(pixel) && pixel >= 0 && pixel <= 255)) throw noPixel(pixel, at);
        first[j] = pixel * factors[channel] + shifts[channel];
      }
      steps.forEach((step, s) => {
        const taken = step.of.map((value) => values[value]);
        const before = steps[step.of[0] - 1]?.shape ?? [];
        run(step, values[s + 1], taken, before, numbers);
      });
      result.set(softmax(last), i * classes.length);
    }
    return result;
  }

  /**
   * @param {ArrayLike<number>} pixels of one image, [height, width, channels], each 0 to 255
   * @returns {{ class: string, probability: number }[]} the most probable first
   * @throws RangeError where they are not one image, or a value is no pixel's
   */
  function classify(pixels) {
    if (pixels?.length !== imageSize) throw wrongSize(pixels);
    return Array.from(probabilities(pixels), (probability, c) => ({
      class: classes[c],
      probability,
    })).sort((a, b) => b.probability - a.probability);
  }

  /** @param {ArrayLike<number>} pixels */
  function wrongSize(pixels) {
    const { height, width, channels } = image;
    return new RangeError(
      `Expected ${imageSize} values an image (${height} x ${width} x ${channels}), found ${pixels?.length}.`,
    );
  }

  /**
   * @param {unknown} value
   * @param {number} at
   */
  function noPixel(value, at) {
    return new RangeError(
      `Expected whole numbers from 0 to 255, not yet normalised; found ${String(value)} at pixels[${at}].`,
    );
  }

  return { probabilities, classify };
}

/**
 * @param {Step} step
 * @param {Float64Array} out its result
 * @param {Float64Array[]} taken
 * @param {number[]} before the shape of the first of them
 * @param {Float64Array} numbers
 */
function run({ kind, shape, weight = 0, bias = 0 }, out, [x = out, other = x], before, numbers) {
  const outputs = shape[shape.length - 1];
  if (kind === 'images') out.set(x);
  else if (kind === 'relu') for (let i = 0; i < out.length; i++) out[i] = Math.max(x[i], 0);
  else if (kind === 'gelu') for (let i = 0; i < out.length; i++) out[i] = gelu(x[i]);
  else if (kind === 'add') for (let i = 0; i < out.length; i++) out[i] = x[i] + other[i];
  else if (kind === 'globalAverage') {
    out.fill(0);
    for (let i = 0; i < x.length; i++) out[i % outputs] += (x[i] * outputs) / x.length;
  } else if (kind === 'maxPool') {
    const [width, columns] = [shape[1], before[1]];
    for (let i = 0; i < out.length; i++) {
      const place = Math.floor(i / outputs);
      const corner = 2 * (Math.floor(place / width) * columns + (place % width));
      /** @param {number} offset */
      const value = (offset) => x[(corner + offset) * outputs + (i % outputs)];
      out[i] = Math.max(value(0), value(1), value(columns), value(columns + 1));
    }
  } else if (kind === 'linear') {
    out.set(numbers.subarray(bias, bias + outputs));
    addProduct(x, numbers, weight, out, 0, outputs);
  } else if (kind === 'convolution') {
    const [height, width] = shape;
    const inputs = x.length / (height * width);
    const patch = new Float64Array(9 * inputs);
    for (let place = 0; place < height * width; place++) {
      for (let tap = 0; tap < 9; tap++) {
        const row = Math.floor(place / width) + Math.floor(tap / 3) - 1;
        const column = (place % width) + (tap % 3) - 1;
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        const from = (row * width + column) * inputs;
        for (let i = 0; i < inputs; i++) patch[tap * inputs + i] = inside ? x[from + i] : 0;
      }
      out.set(numbers.subarray(bias, bias + outputs), place * outputs);
      addProduct(patch, numbers, weight, out, place * outputs, outputs);
    }
  } else throw new Error(`There is no step ${kind}.`);
}

/**
 * Adds to a row of `out` the row `x` times the matrix that begins at `weight`; four rows of the
 * matrix at a time, so that `out` is read and written a quarter as often.
 * @param {Float64Array} x
 * @param {Float64Array} numbers
 * @param {number} weight
 * @param {Float64Array} out
 * @param {number} to
 * @param {number} outputs
 */
function addProduct(x, numbers, weight, out, to, outputs) {
  let i = 0;
  for (; i + 4 <= x.length; i += 4) {
    const [a, b, c, d] = [x[i], x[i + 1], x[i + 2], x[i + 3]];
    const first = weight + i * outputs;
    const second = first + outputs;
    const third = second + outputs;
    const fourth = third + outputs;
    for (let o = 0; o < outputs; o++)
      out[to + o] +=
        a * numbers[first + o] +
        b * numbers[second + o] +
        c * numbers[third + o] +
        d * numbers[fourth + o];
  }
  for (; i < x.length; i++)
    for (let o = 0; o < outputs; o++) out[to + o] += x[i] * numbers[weight + i * outputs + o];
}

/** @param {number} x */
const gelu = (x) => x * (0.5 + 0.5 * erf(x * Math.SQRT1_2));

/**
 * The error function, by a series whose terms are all positive: to nine digits.
 * @param {number} x
 */
function erf(x) {
  const size = Math.abs(x);
  if (size > 4.5) return Math.sign(x);
  let term = size;
  let sum = size;
  for (let n = 3; term > sum * 1e-10; n += 2) {
    term *= (2 * size * size) / n;
    sum += term;
  }
  return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-size * size) * sum;
}

/** @param {Float64Array} logits */
function softmax(logits) {
  const most = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - most));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
