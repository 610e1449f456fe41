import * as tf from '@tensorflow/tfjs-core';
import {
  a,
  b,
  flags,
  ids,
  image,
  row,
  type Samples,
  sample,
  samplesOf,
  volume,
  w,
} from './sample.ts';

const cube = tf.reshape(a, [2, 3, 4]) as tf.Tensor3D;
const { reverse1d, reverse2d, reverse3d, reverse4d } = tf;
const around = [
  [1, 0],
  [0, 2],
] as [[number, number], [number, number]];
const none = [0, 0] as [number, number];
const pairs = tf.tensor2d([0, 1, 2, 3], [2, 2], 'int32');

export const shapes: Samples = {
  batchToSpaceND: sample([image], (x) =>
    tf.batchToSpaceND(tf.tile(x, [2, 1, 1, 1]), [2, 2], [none, none]),
  ),
  broadcastArgs: sample([ids], (x) => tf.broadcastArgs(x, tf.tensor1d([1], 'int32'))),
  broadcastTo: sample([row], (x) => tf.broadcastTo(x, [4, 6])),
  concat: sample([a, b], (x, y) => tf.concat([x, y], 1)),
  concat1d: sample([row], (x) => tf.concat1d([x, x])),
  concat2d: sample([a, b], (x, y) => tf.concat2d([x, y], 0)),
  concat3d: sample([cube], (x) => tf.concat3d([x, x], 1)),
  concat4d: sample([image], (x) => tf.concat4d([x, x], 3)),
  depthToSpace: sample([image], (x) => tf.depthToSpace(tf.tile(x, [1, 1, 1, 4]) as tf.Tensor4D, 2)),
  diag: sample([row], (x) => tf.diag(x)),
  ensureShape: sample([a], (x) => tf.ensureShape(x, [4, 6])),
  expandDims: sample([a], (x) => tf.expandDims(x, 1)),
  meshgrid: sample([row], (x) => tf.meshgrid(x, x)),
  mirrorPad: sample([a], (x) => tf.mirrorPad(x, around, 'symmetric')),
  pad: sample([a], (x) => tf.pad(x, around, 3)),
  pad1d: sample([row], (x) => tf.pad1d(x, [1, 2])),
  pad2d: sample([a], (x) => tf.pad2d(x, around)),
  pad3d: sample([cube], (x) => tf.pad3d(x, [...around, none])),
  pad4d: sample([image], (x) => tf.pad4d(x, [none, ...around, none])),
  reshape: sample([a], (x) => tf.reshape(x, [3, 8])),
  reverse: sample([a], (x) => tf.reverse(x, 1)),
  ...samplesOf([row], { reverse1d }),
  ...samplesOf([a], { reverse2d }),
  ...samplesOf([cube], { reverse3d }),
  ...samplesOf([image], { reverse4d }),
  slice: sample([a], (x) => tf.slice(x, [1, 2], [2, 3])),
  slice1d: sample([row], (x) => tf.slice1d(x, 1, 3)),
  slice2d: sample([a], (x) => tf.slice2d(x, [1, 2], [2, 3])),
  slice3d: sample([cube], (x) => tf.slice3d(x, [0, 1, 1], [1, 2, 2])),
  slice4d: sample([image], (x) => tf.slice4d(x, [0, 1, 1, 0], [1, 2, 2, 2])),
  spaceToBatchND: sample([image], (x) => tf.spaceToBatchND(x, [2, 2], [none, none])),
  split: sample([a], (x) => tf.split(x, [1, 2, 3], 1)),
  squeeze: sample([row], (x) => tf.squeeze(tf.expandDims(x))),
  stack: sample([a, b], (x, y) => tf.stack([x, y], 1)),
  stridedSlice: sample([a], (x) => tf.stridedSlice(x, [0, 1], [4, 6], [2, 2])),
  tile: sample([a], (x) => tf.tile(x, [2, 1])),
  transpose: sample([cube], (x) => tf.transpose(x, [2, 0, 1])),
  unstack: sample([a], (x) => tf.unstack(x)),
};

export const byIndex: Samples = {
  booleanMaskAsync: sample([a, flags], (x, y) => tf.booleanMaskAsync(x, y)),
  gather: sample([a, ids], (x, y) => tf.gather(x, y)),
  gatherND: sample([a, pairs], (x, y) => tf.gatherND(x, y)),
  lowerBound: sample([row], (x) => tf.lowerBound(tf.tensor1d([-1, 0, 1]), x)),
  oneHot: sample([ids], (x) => tf.oneHot(x, 5)),
  scatterND: sample([pairs, row], (x, y) => tf.scatterND(x, tf.slice(y, 0, 2), [4, 6])),
  searchSorted: sample([row], (x) => tf.searchSorted(tf.tensor1d([-1, 0, 1]), x)),
  setdiff1dAsync: sample([row], (x) => tf.setdiff1dAsync(x, tf.slice(x, 0, 2))),
  sparseToDense: sample([pairs, row], (x, y) =>
    tf.sparseToDense(x, tf.slice(y, 0, 2), [4, 6], tf.scalar(0)),
  ),
  tensorScatterUpdate: sample([a, pairs, row], (x, y, z) =>
    tf.tensorScatterUpdate(x, y, tf.slice(z, 0, 2)),
  ),
  upperBound: sample([row], (x) => tf.upperBound(tf.tensor1d([-1, 0, 1]), x)),
};

const deep = tf.ones([2, 2, 2, 2, 3]) as tf.Tensor5D;
const sized = tf.randomUniform([2, 8, 8, 4], -1, 1, 'float32', 13) as tf.Tensor4D;
const small = tf.randomUniform([3, 3, 3, 4], -1, 1, 'float32', 14) as tf.Tensor4D;
const pointwise = tf.randomUniform([1, 1, 12, 2], -1, 1, 'float32', 15) as tf.Tensor4D;
const perChannel = tf.randomUniform([2, 2, 3], -1, 1, 'float32', 16) as tf.Tensor3D;

export const convolutions: Samples = {
  avgPool: sample([image], (x) => tf.avgPool(x, 2, 2, 'same')),
  avgPool3d: sample([volume], (x) => tf.avgPool3d(x, 2, 2, 'same')),
  conv1d: sample([a, w], (x, y) =>
    tf.conv1d(
      tf.reshape(x, [1, 4, 6]) as tf.Tensor3D,
      tf.reshape(y, [1, 6, 3]) as tf.Tensor3D,
      1,
      'valid',
    ),
  ),
  conv2d: sample([image, small], (x, y) => tf.conv2d(x, y, 1, 'same')),
  conv2dTranspose: sample([sized, small], (x, y) =>
    tf.conv2dTranspose(x, y, [2, 10, 10, 3], 1, 'valid'),
  ),
  conv3d: sample([volume, deep], (x, y) => tf.conv3d(x, y, 1, 'valid')),
  conv3dTranspose: sample([volume, deep], (x, y) =>
    tf.conv3dTranspose(
      x,
      tf.transpose(y, [0, 1, 2, 4, 3]) as tf.Tensor5D,
      [1, 5, 5, 5, 3],
      1,
      'valid',
    ),
  ),
  depthwiseConv2d: sample([image, small], (x, y) => tf.depthwiseConv2d(x, y, 1, 'valid')),
  dilation2d: sample([image, perChannel], (x, y) => tf.dilation2d(x, y, 1, 'same')),
  'fused.conv2d': sample([image, small], (x, y) =>
    tf.fused.conv2d({ x, filter: y, strides: 1, pad: 'same', activation: 'relu' }),
  ),
  'fused.depthwiseConv2d': sample([image, small], (x, y) =>
    tf.fused.depthwiseConv2d({ x, filter: y, strides: 1, pad: 'same', activation: 'relu' }),
  ),
  maxPool: sample([image], (x) => tf.maxPool(x, 2, 2, 'valid')),
  maxPool3d: sample([volume], (x) => tf.maxPool3d(x, 2, 2, 'same')),
  maxPoolWithArgmax: sample([image], (x) => tf.maxPoolWithArgmax(x, 2, 2, 'valid')),
  pool: sample([image], (x) => tf.pool(x, 2, 'avg', 'same', 1, 1)),
  separableConv2d: sample([image, small, pointwise], (x, y, z) =>
    tf.separableConv2d(x, y, z, 1, 'same'),
  ),
};
