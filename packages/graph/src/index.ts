export { byteTensor, castBytes } from './bytes.ts';
export type { Choice } from './choice.ts';
export { type CompiledFunction, type CompileOptions, compile, type Jit } from './compile.ts';
export { type CompiledLoop, compileLoop, type LoopOptions } from './compile-loop.ts';
export { cond } from './cond.ts';
export type { DType } from './dtype.ts';
export { type ForLoop, forLoop } from './for-loop.ts';
export { GraphError } from './graph-error.ts';
export type { Inspection } from './inspection.ts';
export {
  bitAnd,
  bitOr,
  bitXor,
  gather,
  type Int,
  intAdd,
  intFloorDiv,
  intMax,
  intMin,
  intMod,
  intMul,
  intSub,
  iota,
  shiftLeft,
  shiftRight,
  shiftRightLogical,
} from './integer.ts';
export { type JitFunction, type JitOptions, jit } from './jit.ts';
export { type LoadedModel, loadModel } from './load-model.ts';
export type { Forms } from './lowering.ts';
export { materialize } from './materialize.ts';
export {
  adam,
  adamw,
  clipByGlobalNorm,
  clipByValue,
  constant,
  cosine,
  exponentialDecay,
  lion,
  lossAndGradients,
  momentum,
  type Optimizer,
  type OptimizerState,
  rmsprop,
  type Schedule,
  sgd,
  stepDecay,
  warmUpCosine,
} from './optimizers/index.ts';
export type { Precision } from './precision.ts';
export { dropout, type Key, randomBits, randomNormal, randomUniform } from './random.ts';
export { encodeModel, type SaveOptions, saveModel } from './saved-model.ts';
export { type Scan, scan } from './scan.ts';
export { shuffled } from './shuffle.ts';
export type { Specs, TensorSpec } from './tree.ts';
