/** An IDX file of bytes; `parseIdx` describes the format. */
export function encodeIdx(dimensions: readonly number[], data: Uint8Array): Uint8Array {
  const header = 4 + 4 * dimensions.length;
  const bytes = new Uint8Array(header + data.length);
  bytes.set([0, 0, 8, dimensions.length]);
  const view = new DataView(bytes.buffer);
  dimensions.forEach((n, i) => {
    view.setUint32(4 + 4 * i, n);
  });
  bytes.set(data, header);
  return bytes;
}
