import type { StreamedSplit } from '@atelier/data';
import { type ImageShape, imageSize } from '@atelier/data/image-shape';
import { dispose, scalar, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { usualBlockBytes } from './memory.ts';
import { paddedBytes, pixelStore, storeOf } from './pixel-store.ts';

export interface LabelledImages {
  /** [count, height, width, channels] */
  images: Uint8Array;
  /** [count] */
  labels: Uint8Array;
}

/** Labelled images that are read from files as they are needed. */
export interface StreamedImages extends Pick<StreamedSplit, 'labels' | 'read'> {
  /** Bytes of a block's images; {@link usualBlockBytes} unless given. */
  blockBytes?: number | undefined;
}

/** Where the images of steps come from. */
export interface StepImages {
  /**
   * What holds the images of a step; it lives until others are asked for.
   * @param epoch the pass over all images
   * @param step of the pass, counted from 0
   * @returns also the first step whose images it does not hold
   */
  at(epoch: number, step: number): Promise<{ inputs: ImageInputs; end: number }>;
  dispose(): void;
}

/** A type, not an interface: it is a tree of tensors. */
type ImageInputs = {
  /** see PixelStore. */
  pixels: Tensor;
  /** int32, one for each image */
  labels: Tensor;
  /** int32 scalar, of a block: the place of its first image in the pass. */
  first?: Tensor;
};

/** All images at once, in the order of the split. */
export function heldImages({ images, labels }: LabelledImages, shape: ImageShape): StepImages {
  const inputs = {
    pixels: pixelStore(images, shape).pixels,
    labels: tensor1d(Int32Array.from(labels), 'int32'),
  };
  return {
    at: async () => ({ inputs, end: Number.POSITIVE_INFINITY }),
    dispose: () => dispose(inputs),
  };
}

/** A pass over all images, counted in epochs, and a block of its, counted from 0. */
interface Place {
  epoch: number;
  block: number;
}

export interface BlockOptions {
  shape: ImageShape;
  /** Images of one step: a block holds those of whole steps. */
  batch: number;
  /** Positions in the split of the images at the places `first` … `first + count - 1` of a pass. */
  order(epoch: number, first: number, count: number): Int32Array;
  /** Passes that follow; after the last one nothing is read ahead. */
  lastEpoch: number;
}

/**
 * Images on the device, a block of them at a time. While steps are made on one block, the next is
 * read from the files: held are two blocks on the host and one on the device, however many there are.
 */
export class ImageBlocks implements StepImages {
  /** Steps of a block. */
  readonly #steps: number;
  /** Images of a block; the last one may have fewer. */
  readonly #whole: number;
  readonly #source: StreamedImages;
  readonly #options: BlockOptions;
  readonly #buffers: readonly Uint8Array<SharedArrayBuffer>[];
  #held: { place: Place; buffer: number; inputs: ImageInputs } | undefined;
  #ahead: { place: Place; reading: Promise<Int32Array> } | undefined;

  constructor(source: StreamedImages, options: BlockOptions) {
    const { shape, batch } = options;
    const bytes = source.blockBytes ?? usualBlockBytes;
    this.#source = source;
    this.#options = options;
    this.#steps = Math.max(1, Math.floor(bytes / (batch * imageSize(shape))));
    this.#whole = Math.min(this.#steps * batch, source.labels.length);
    const buffer = () =>
      new Uint8Array(new SharedArrayBuffer(paddedBytes(this.#whole * imageSize(shape))));
    this.#buffers = [buffer(), buffer()];
  }

  async at(epoch: number, step: number): Promise<{ inputs: ImageInputs; end: number }> {
    const place = { epoch, block: Math.floor(step / this.#steps) };
    const end = (place.block + 1) * this.#steps;
    if (this.#held && isSame(this.#held.place, place)) return { inputs: this.#held.inputs, end };
    const ahead = this.#ahead;
    // Where an epoch was left in its middle, it is another block; its buffer is in use until then.
    if (ahead && !isSame(ahead.place, place)) await ahead.reading;
    const buffer = this.#held?.buffer === 0 ? 1 : 0;
    const positions = await (ahead && isSame(ahead.place, place)
      ? ahead.reading
      : this.#read(place, buffer));
    this.#ahead = undefined;
    if (this.#held) dispose(this.#held.inputs);
    const labels = new Int32Array(this.#whole);
    for (const [i, position] of positions.entries()) labels[i] = this.#source.labels[position]!;
    const inputs = {
      pixels: storeOf(this.#buffers[buffer]!),
      labels: tensor1d(labels, 'int32'),
      first: scalar(place.block * this.#whole, 'int32'),
    };
    this.#held = { place, buffer, inputs };
    const next = this.#after(place);
    if (next) this.#ahead = { place: next, reading: this.#read(next, 1 - buffer) };
    // Whoever comes to it hears of a failure; until then it is nobody's.
    this.#ahead?.reading.catch(() => {});
    return { inputs, end };
  }

  /** The block that follows: of this pass or the next; undefined after the last. */
  #after({ epoch, block }: Place): Place | undefined {
    if ((block + 1) * this.#whole < this.#source.labels.length) return { epoch, block: block + 1 };
    return epoch < this.#options.lastEpoch ? { epoch: epoch + 1, block: 0 } : undefined;
  }

  /** @returns the positions of the images that are in the buffer then */
  async #read({ epoch, block }: Place, buffer: number): Promise<Int32Array> {
    const first = block * this.#whole;
    const count = Math.min(this.#whole, this.#source.labels.length - first);
    const positions = this.#options.order(epoch, first, count);
    await this.#source.read(positions, this.#buffers[buffer]!);
    return positions;
  }

  dispose(): void {
    if (this.#held) dispose(this.#held.inputs);
  }
}

const isSame = (a: Place, b: Place): boolean => a.epoch === b.epoch && a.block === b.block;
