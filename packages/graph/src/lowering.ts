import type * as tf from '@tensorflow/tfjs-core';
import { attributeValue, nodeBackend, type OpAttribute } from './backend.ts';
import {
  convolution,
  depthwise,
  depthwiseFilterGradient,
  depthwiseInputGradient,
  filterGradient,
  inputGradient,
} from './convolution.ts';
import { currentRecorder } from './current.ts';
import { avgPool, avgPoolGradient, maxPool, maxPoolGradient } from './pooling.ts';
import { type Windows, windowsOf } from './windows.ts';

type Size = [height: number, width: number];

interface Lowering {
  /** Height and width of the images that windows lie in. */
  images(inputs: readonly tf.Tensor[]): Size;
  /** Of the windows; undefined: the attribute `ksize`. */
  size?(inputs: readonly tf.Tensor[]): Size;
  lower(inputs: readonly tf.Tensor[], windows: Windows): tf.Tensor | undefined;
}

type Tensors = readonly tf.Tensor[];

const sizeOfFirst = ([x]: Tensors): Size => [x!.shape[1]!, x!.shape[2]!];
const sizeOfFilter = ([, filter]: Tensors): Size => [filter!.shape[0]!, filter!.shape[1]!];

/** Height and width in a shape that an op is given as a tensor: tfjs makes it of numbers. */
function given(shape: tf.Tensor, at: 0 | 1): Size {
  const backend = nodeBackend();
  // Past the hook on reads.
  const read = Object.getPrototypeOf(backend).readSync as typeof backend.readSync;
  const values = read.call(backend, shape.dataId) as Int32Array;
  return [values[at]!, values[at + 1]!];
}

type Form<Result = tf.Tensor> = (a: tf.Tensor, b: tf.Tensor, windows: Windows) => Result;

/** An op on images and a filter. */
const ofBoth = (form: Form<tf.Tensor | undefined>): Lowering => ({
  images: sizeOfFirst,
  size: sizeOfFilter,
  lower: ([x, filter], windows) => form(x!, filter!, windows),
});

/** Its gradient by the images, of which the op is given the shape. */
const byInput = (form: Form): Lowering => ({
  images: ([shape]) => given(shape!, 1),
  size: sizeOfFilter,
  lower: ([, filter, dy], windows) => form(dy!, filter!, windows),
});

/** Its gradient by the filter, of which the op is given the shape. */
const byFilter = (form: Form): Lowering => ({
  images: sizeOfFirst,
  size: ([, shape]) => given(shape!, 0),
  lower: ([x, , dy], windows) => form(x!, dy!, windows),
});

/** The ops that a jitted program has in another form than tfjs makes them. */
const lowerings: Readonly<Record<string, Lowering>> = {
  Conv2D: ofBoth(convolution),
  Conv2DBackpropInput: byInput(inputGradient),
  Conv2DBackpropFilter: byFilter(filterGradient),
  DepthwiseConv2dNative: ofBoth(depthwise),
  DepthwiseConv2dNativeBackpropInput: byInput(depthwiseInputGradient),
  DepthwiseConv2dNativeBackpropFilter: byFilter(depthwiseFilterGradient),
  MaxPool: { images: sizeOfFirst, lower: ([x], windows) => maxPool(x!, windows) },
  MaxPoolGrad: {
    images: sizeOfFirst,
    lower: ([x, y, dy], windows) => maxPoolGradient(x!, y!, dy!, windows),
  },
  AvgPool: { images: sizeOfFirst, lower: ([x], windows) => avgPool(x!, windows) },
  AvgPoolGrad: {
    images: ([shape]) => given(shape!, 1),
    lower: ([, dy], windows) => avgPoolGradient(dy!, windows),
  },
};

/** How a program computes convolutions and pooling (docs/convolutions.md). */
export interface Forms {
  /** products: forward convolutions, products and elementwise sums in place of other kinds; native: TensorFlow's ops. */
  convolutions: 'products' | 'native';
  /** slices: elementwise over shifted slices; native: TensorFlow's ops. */
  pooling: 'slices' | 'native';
}

/** What is best where XLA compiles for it: its CPU backend lacks kernels, a GPU has libraries of them. */
const formsOf: Readonly<Record<'cpu' | 'gpu', Forms>> = {
  cpu: { convolutions: 'products', pooling: 'slices' },
  gpu: { convolutions: 'native', pooling: 'native' },
};

/** Elementwise forms grow with the places of a window; XLA's own forms do not. */
const mostPlaces = 64;

/**
 * What an op gives, by operations that XLA has good kernels for, while a function is traced that XLA
 * compiles. Undefined where the op is best as it is, as on a GPU.
 */
export function lowered(
  op: string,
  attributes: readonly OpAttribute[],
  inputs: readonly tf.Tensor[],
): tf.Tensor | undefined {
  const lowering = Object.hasOwn(lowerings, op) ? lowerings[op] : undefined;
  const options = currentRecorder()?.options;
  if (lowering === undefined || options?.jit !== true) return undefined;
  const best = formsOf[nodeBackend().isUsingGpuDevice ? 'gpu' : 'cpu'];
  const { convolutions, pooling } = { ...best, ...options.forms };
  if ((op.includes('Pool') ? pooling : convolutions) === 'native') return undefined;
  if (attributeValue(attributes, 'data_format') !== 'NHWC') return undefined;
  if (inputs.at(-1)!.dtype !== 'float32') return undefined;
  const [, ...ksize] = (attributeValue(attributes, 'ksize') ?? []) as number[];
  const size = lowering.size?.(inputs) ?? ([ksize[0]!, ksize[1]!] as Size);
  const isProduct = op === 'Conv2DBackpropInput' || op === 'Conv2DBackpropFilter';
  if (!isProduct && size[0] * size[1] > mostPlaces) return undefined;
  return lowering.lower(inputs, windowsOf(attributes, lowering.images(inputs), size));
}
