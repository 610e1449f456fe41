import { safetensorsHeaderLength, safetensorsPlaces } from '@atelier/safetensors';
import type { OpenArrays, StoredArray } from '../arrays/array-file.ts';
import { readArrays } from '../arrays/read-arrays.ts';
import type { ArraysDescriptor } from './arrays.ts';
import type { DatasetFormat } from './format.ts';

/** Tensors as safetensors holds them (https://github.com/huggingface/safetensors). */
export const safetensors: DatasetFormat<ArraysDescriptor, 'data'> = {
  read: (descriptor, files) => readArrays(descriptor, files.data, openTensors),
};

/** Bytes of a header: the format's own limit. */
const longestHeader = 100_000_000;

/** Opens a safetensors file. @throws UserError where it is none */
export const openTensors: OpenArrays = async (source) => {
  const { path, size } = source;
  const start = await source.read(0, Math.min(size, 8));
  const length = safetensorsHeaderLength(start, size, path);
  const head = await source.read(0, Math.min(length, longestHeader));
  const places = Object.entries(safetensorsPlaces(head, size, path).tensors);
  return new Map(
    places.map(([name, { dtype, shape, begin, end }]): [string, () => Promise<StoredArray>] => [
      name,
      async () => ({
        element: dtype.toLowerCase(),
        shape,
        read: () => source.read(begin, end),
        async *pieces() {
          yield* source.stream(begin, end) as AsyncIterable<Uint8Array>;
          source.check();
        },
        onDisk: async () => ({ file: source.held(), offset: begin }),
      }),
    ]),
  );
};
