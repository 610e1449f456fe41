import * as tf from '@tensorflow/tfjs-core';
import {
  a,
  b,
  flags,
  ids,
  otherFlags,
  positive,
  type Samples,
  sample,
  samplesOf,
  unit,
} from './sample.ts';

const { abs, asinh, atan, ceil, clone, cos, cosh, elu, erf, exp, expm1, floor, isInf } = tf;
const { leakyRelu, logSigmoid, neg, onesLike, relu, relu6, round, selu, sigmoid, sign } = tf;
const { sin, sinh, softplus, square, step, tan, tanh, zerosLike } = tf;
const { log, log1p, reciprocal, rsqrt, sqrt, acos, asin, atanh } = tf;
const { add, atan2, maximum, minimum, mul, squaredDifference, sub, prelu } = tf;
const { equal, greater, greaterEqual, less, lessEqual, notEqual } = tf;

export const ofOneTensor: Samples = {
  ...samplesOf([a], { abs, asinh, atan, ceil, clone, cos, cosh, elu, erf, exp, expm1, floor }),
  ...samplesOf([a], {
    isFinite: tf.isFinite,
    isInf,
    isNaN: tf.isNaN,
    leakyRelu,
    logSigmoid,
    neg,
    onesLike,
    relu,
    relu6,
  }),
  ...samplesOf([a], { round, selu, sigmoid, sign, sin, sinh, softplus, square, step, tan, tanh }),
  ...samplesOf([a], { zerosLike }),
  ...samplesOf([positive], { log, log1p, reciprocal, rsqrt, sqrt }),
  ...samplesOf([unit], { acos, asin, atanh }),
  acosh: sample([positive], (x) => tf.acosh(tf.add(x, 1))),
  cast: sample([a], (x) => [tf.cast(x, 'int32'), tf.cast(x, 'bool')]),
  clipByValue: sample([a], (x) => tf.clipByValue(x, -1, 1)),
};

export const ofTwoTensors: Samples = {
  ...samplesOf([a, b], { add, atan2, maximum, minimum, mul, squaredDifference, sub, prelu }),
  addN: sample([a, b], (x, y) => tf.addN([x, y, x])),
  bitwiseAnd: sample([ids], (x) => tf.bitwiseAnd(x, tf.reverse(x))),
  div: sample([a, positive], (x, y) => tf.div(x, y)),
  divNoNan: sample([a, b], (x, y) => tf.divNoNan(x, tf.relu(y))),
  floorDiv: sample([ids], (x) => tf.floorDiv(x, tf.scalar(2, 'int32'))),
  mod: sample([a, positive], (x, y) => tf.mod(x, y)),
  pow: sample([positive, b], (x, y) => tf.pow(x, y)),
};

export const comparisons: Samples = {
  ...samplesOf([a, b], { equal, greater, greaterEqual, less, lessEqual, notEqual }),
  logicalAnd: sample([flags, otherFlags], (x, y) => tf.logicalAnd(x, y)),
  logicalNot: sample([flags], (x) => tf.logicalNot(x)),
  logicalOr: sample([flags, otherFlags], (x, y) => tf.logicalOr(x, y)),
  logicalXor: sample([flags, otherFlags], (x, y) => tf.logicalXor(x, y)),
  where: sample([flags, a, b], (condition, x, y) => tf.where(condition, x, y)),
  whereAsync: sample([flags], (x) => tf.whereAsync(x)),
};
