/**
 * Reads what `packWeights` wrote: two characters have 13 bits, the lowest first. They are the number
 * of layers (32 bits) and, of each: how many weights and how many outputs it has (32 bits each); for
 * each output the step between two values that its weights may have (float32); a number of bits, k
 * (5 bits); the weights, [inputs, outputs], each as a whole number of steps; the biases (float32).
 * The whole numbers 0, -1, 1, -2, … are 0, 1, 2, 3, …, written as a Rice code: what lies above the k
 * lowest bits as that many ones, a zero, and then those bits.
 * @param {string} text
 * @returns {Float64Array} each layer's weights and then its biases
 */
export function unpackWeights(text) {
  const powers = Array.from({ length: 33 }, (_, bits) => 2 ** bits);
  let at = 0;
  let held = 0;
  let count = 0;

  /** Printable ASCII but for blank, quotation mark, < and backslash: a script may have them all. */
  const digit = () => {
    const code = text.charCodeAt(at++);
    return code - (code > 92 ? 36 : code > 60 ? 35 : code > 34 ? 34 : 33);
  };
  /** @param {number} bits up to 32 */
  const take = (bits) => {
    for (; count < bits; count += 13) held += (digit() + 91 * digit()) * powers[count];
    const rest = Math.floor(held / powers[bits]);
    const value = held - rest * powers[bits];
    held = rest;
    count -= bits;
    return value;
  };
  const float = () => new Float32Array(Uint32Array.of(take(32)).buffer)[0];
  /** @param {number} k */
  const whole = (k) => {
    let above = 0;
    while (take(1)) above++;
    const code = above * powers[k] + take(k);
    return code % 2 ? -(code + 1) / 2 : code / 2;
  };

  /** @type {number[]} */
  const numbers = [];
  for (let layers = take(32); layers > 0; layers--) {
    const [weights, outputs] = [take(32), take(32)];
    const steps = Array.from({ length: outputs }, float);
    const k = take(5);
    for (let i = 0; i < weights; i++) numbers.push(whole(k) * steps[i % outputs]);
    for (let o = 0; o < outputs; o++) numbers.push(float());
  }
  return Float64Array.from(numbers);
}
