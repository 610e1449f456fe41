/** Of a linear layer or a convolution: [inputs, outputs], and [outputs]. */
export interface Weighted {
  weight: Float32Array;
  bias: Float32Array;
}

/** In how many steps an output's largest weight is written where one layer has all weights. */
const stepsOfLargest = 1.5e6;
/** float32 has no more. */
const mostSteps = 2 ** 24;
/** How much of what rounding takes from a weight goes to the next one of the same output. */
const passedOn = 0.5;

/**
 * Weights as text that may stand in a script between quotation marks, of 3.3 characters each, see
 * `unpackWeights`.
 *
 * A weight is a whole number of steps, and a step the same part of the largest weight for each
 * output: what counts for a sum is by how much its weights are off, however small they are. A layer
 * of fewer weights has finer steps, by the square root, which gives each layer a share of the whole
 * error that is its share of the weights: the least error for the length. Half of what rounding
 * takes from a weight is given to the next one, since inputs that are next to each other (pixels) or
 * never negative (after ReLU) mostly have the same sign. A weight is off by three quarters of a
 * step at most. Biases are exact.
 */
export function packWeights(layers: readonly Weighted[]): string {
  const total = layers.reduce((sum, { weight }) => sum + weight.length, 0);
  const bits = new BitText();
  bits.put(layers.length, 32);
  for (const { weight, bias } of layers) {
    const most = Math.min(mostSteps, stepsOfLargest * Math.sqrt(total / weight.length));
    const { steps, codes } = rounded(weight, bias.length, most);
    const mean = codes.reduce((sum, code) => sum + code / codes.length, 0);
    // Then there are fewer than two ones a weight, whatever the weights are.
    const k = Math.max(0, Math.floor(Math.log2(mean)));
    bits.put(weight.length, 32);
    bits.put(bias.length, 32);
    for (const step of steps) bits.float(step);
    bits.put(k, 5);
    for (const code of codes) bits.rice(code, k);
    for (const value of bias) bits.float(value);
  }
  return bits.text();
}

/** @returns the step of each output, and each weight as 2 c or, where it is negative, -2 c - 1 */
function rounded(
  weight: Float32Array,
  outputs: number,
  most: number,
): { steps: Float32Array; codes: Float64Array } {
  const largest = new Float32Array(outputs);
  for (const [i, value] of weight.entries())
    largest[i % outputs] = Math.max(largest[i % outputs]!, Math.abs(value));
  const steps = largest.map((value) => value / most);
  const left = new Float64Array(outputs);
  const codes = Float64Array.from(weight, (value, i) => {
    const o = i % outputs;
    const step = steps[o]!;
    // No steps where all weights are nearly zero; where one is no number, step times 0 is none.
    if (!(step > 0 && step < Number.POSITIVE_INFINITY)) return 0;
    const wanted = value + passedOn * left[o]!;
    const count = Math.round(wanted / step);
    left[o] = wanted - count * step;
    return count < 0 ? -2 * count - 1 : 2 * count;
  });
  return { steps, codes };
}

/** Bits as text: 13 in two of 91 characters, the lowest first. */
class BitText {
  readonly #pieces: string[] = [];
  #held = 0;
  #count = 0;

  /** @param bits up to 32 */
  put(value: number, bits: number): void {
    this.#held += value * 2 ** this.#count;
    this.#count += bits;
    for (; this.#count >= 13; this.#count -= 13) this.#shift();
  }

  float(value: number): void {
    this.put(new Uint32Array(Float32Array.of(value).buffer)[0]!, 32);
  }

  rice(code: number, k: number): void {
    for (let above = Math.floor(code / 2 ** k); above > 0; above--) this.put(1, 1);
    this.put(0, 1);
    this.put(code % 2 ** k, k);
  }

  /** Nothing can be put after it. */
  text(): string {
    if (this.#count > 0) this.#shift();
    return this.#pieces.join('');
  }

  #shift(): void {
    const pair = this.#held % 2 ** 13;
    this.#held = Math.floor(this.#held / 2 ** 13);
    this.#pieces.push(digits[pair % 91]! + digits[Math.floor(pair / 91)]!);
  }
}

/** Printable ASCII but for blank, quotation mark, < and backslash. */
const digits = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter(
  (character) => !'"<\\'.includes(character),
);
