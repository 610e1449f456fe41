import {
  concat,
  engine,
  matMul,
  pad,
  randomNormal,
  reshape,
  slice,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

/** One op on one shape, 3 x 3 or 2 x 2, as tfjs's kernels take it. */
export interface OpCase {
  name: string;
  /** What is moved a little from call to call: the smallest operand. */
  moved: Tensor;
  /** All others. */
  fixed: Record<string, Tensor>;
  run: (moved: Tensor, fixed: Record<string, Tensor>) => Tensor;
}

const kernel = (name: string, inputs: Record<string, Tensor>, attributes: object): Tensor =>
  engine().runKernel(name, inputs, attributes as never) as Tensor;

const noise = (...shape: number[]): Tensor => randomNormal(shape, 0, 1, 'float32', shape.length);

const same = { strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 1 };

/** @param size of the square images */
function convolution(batch: number, size: number, inputs: number, outputs: number) {
  const x = noise(batch, size, size, inputs);
  const dy = noise(batch, size, size, outputs);
  const filter = noise(3, 3, inputs, outputs);
  const shape = `${batch} x ${size} x ${size}, ${inputs} to ${outputs}`;
  const shapes = { filterShape: filter.shape, inputShape: x.shape };
  const forward: OpCase = {
    ...{ name: `${shape}: convolution`, moved: filter, fixed: { x } },
    run: (moved, fixed) => kernel('Conv2D', { ...fixed, filter: moved }, same),
  };
  const byFilter: OpCase = {
    ...{ name: `${shape}: gradient by the filter`, moved: dy, fixed: { x } },
    run: (moved, fixed) =>
      kernel('Conv2DBackpropFilter', { ...fixed, dy: moved }, { ...same, ...shapes }),
  };
  const byInput: OpCase = {
    ...{ name: `${shape}: gradient by the input`, moved: filter, fixed: { dy } },
    run: (moved, fixed) =>
      kernel('Conv2DBackpropInput', { ...fixed, filter: moved }, { ...same, ...shapes }),
  };
  return { forward, byFilter, byInput };
}

/** What a convolution by patches cannot be faster than: the arithmetic alone, and the copy alone. */
function floors(batch: number, size: number, inputs: number, outputs: number): OpCase[] {
  const [rows, terms] = [batch * size * size, 9 * inputs];
  const shape = `${batch} x ${size} x ${size}, ${inputs} to ${outputs}`;
  const multiply = (a: Tensor, b: Tensor) => matMul(a as Tensor2D, b as Tensor2D);
  return [
    {
      ...{ name: `${shape}: convolution's product alone`, moved: noise(terms, outputs) },
      ...{ fixed: { patches: noise(rows, terms) } },
      run: (filter, { patches }) => multiply(patches!, filter),
    },
    {
      ...{ name: `${shape}: product by the filter alone`, moved: noise(rows, outputs) },
      ...{ fixed: { patches: noise(terms, rows) } },
      run: (dy, { patches }) => multiply(patches!, dy),
    },
    {
      ...{ name: `${shape}: patches alone`, moved: noise(batch, size, size, inputs), fixed: {} },
      run: (x) => {
        const padded = pad(x, [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ]);
        const places = Array.from({ length: 9 }, (_, i) =>
          slice(padded, [0, Math.floor(i / 3), i % 3, 0], [batch, size, size, inputs]),
        );
        return reshape(concat(places, 3), [rows, terms]);
      },
    },
  ];
}

function depthwise(batch: number, size: number, channels: number): OpCase[] {
  const x = noise(batch, size, size, channels);
  const filter = noise(3, 3, channels, 1);
  const shape = `${batch} x ${size} x ${size}, ${channels}: depthwise`;
  const attributes = { ...same, inputShape: x.shape, filterShape: filter.shape };
  const gradient = 'DepthwiseConv2dNativeBackprop';
  return [
    {
      ...{ name: shape, moved: filter, fixed: { x } },
      run: (moved, fixed) => kernel('DepthwiseConv2dNative', { ...fixed, filter: moved }, same),
    },
    {
      ...{ name: `${shape}, by the filter`, moved: x, fixed: { x } },
      run: (dy, fixed) => kernel(`${gradient}Filter`, { ...fixed, dy }, attributes),
    },
    {
      ...{ name: `${shape}, by the input`, moved: filter, fixed: { dy: x } },
      run: (moved, fixed) => kernel(`${gradient}Input`, { ...fixed, filter: moved }, attributes),
    },
  ];
}

function pooling(batch: number, size: number, channels: number): OpCase[] {
  const input = noise(batch, size, size, channels);
  const dy = noise(batch, size / 2, size / 2, channels);
  const halves = { filterSize: 2, strides: 2, pad: 'same' };
  const output = kernel('MaxPool', { x: input }, halves);
  const shape = `${batch} x ${size} x ${size}, ${channels}`;
  const ofMoved = (name: string) => (x: Tensor) => kernel(name, { x }, halves);
  const gradient = (name: string) => (moved: Tensor, fixed: Record<string, Tensor>) =>
    kernel(name, { ...fixed, dy: moved }, halves);
  return [
    { name: `${shape}: max pooling`, moved: input, fixed: {}, run: ofMoved('MaxPool') },
    {
      ...{ name: `${shape}: max pooling's gradient`, moved: dy, fixed: { input, output } },
      run: gradient('MaxPoolGrad'),
    },
    { name: `${shape}: average pooling`, moved: input, fixed: {}, run: ofMoved('AvgPool') },
    {
      ...{ name: `${shape}: average pooling's gradient`, moved: dy, fixed: { input } },
      run: gradient('AvgPoolGrad'),
    },
  ];
}

/** Groups of cases, each made when it is measured. The first layer of a network needs no gradient by its input. */
export const groups: (() => OpCase[])[] = [
  () => {
    const { forward, byFilter } = convolution(64, 28, 1, 32);
    return [forward, byFilter];
  },
  () => Object.values(convolution(64, 14, 32, 64)),
  () => Object.values(convolution(8, 28, 32, 64)),
  () => Object.values(convolution(64, 8, 64, 64)),
  () => floors(64, 14, 32, 64),
  () => floors(64, 8, 64, 64),
  () => depthwise(8, 28, 32),
  () => depthwise(64, 14, 64),
  () => pooling(64, 28, 32),
];
