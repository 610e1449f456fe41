import { safetensorsPlaces } from '@atelier/safetensors';
import { type OpenArrays, plainView, type StoredArray } from '../arrays/array-file.ts';
import { readArrays } from '../arrays/read-arrays.ts';
import type { ArraysDescriptor } from './arrays.ts';
import type { DatasetFormat } from './format.ts';

/** Tensors as safetensors holds them (https://github.com/huggingface/safetensors). */
export const safetensors: DatasetFormat<ArraysDescriptor, 'data'> = {
  read: (descriptor, files) => readArrays(descriptor, files.data, openTensors),
};

/** Opens a safetensors file. @throws UserError where it is none */
export const openTensors: OpenArrays = async (bytes, where) => {
  const places = Object.entries(safetensorsPlaces(bytes, bytes.length, where).tensors);
  return new Map(
    places.map(([name, { dtype, shape, begin, end }]): [string, () => Promise<StoredArray>] => [
      name,
      async () => ({
        element: dtype.toLowerCase(),
        shape,
        read: async () => plainView(bytes, begin, end),
      }),
    ]),
  );
};
