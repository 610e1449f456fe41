/** [rows, columns] as [columns, rows]. */
export function transposed(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** A 3 x 3 convolution's [3, 3, inputs, outputs] as [outputs, inputs, 3, 3], as ONNX and PyTorch have it. */
export const channelsFirst = (weight: Float32Array, outputs: number): Float32Array =>
  ofEveryOutput(transposed(weight, outputs), outputs, 9);

/** The other way. */
export const channelsLast = (weight: Float32Array, outputs: number): Float32Array =>
  transposed(ofEveryOutput(weight, outputs, weight.length / outputs / 9), weight.length / outputs);

/** [outputs, places, values] or its like with each output's part transposed. */
function ofEveryOutput(weight: Float32Array, outputs: number, rows: number): Float32Array {
  const size = weight.length / outputs;
  const result = new Float32Array(weight.length);
  for (let o = 0; o < outputs; o++)
    result.set(transposed(weight.subarray(o * size, (o + 1) * size), size / rows), o * size);
  return result;
}
