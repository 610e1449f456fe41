export { clipByGlobalNorm, clipByValue } from './clipping.ts';
export { lossAndGradients } from './gradients.ts';
export type { Optimizer, OptimizerState } from './optimizer.ts';
export { adam, adamw, lion, momentum, rmsprop, sgd } from './optimizers.ts';
export {
  constant,
  cosine,
  exponentialDecay,
  type Schedule,
  stepDecay,
  warmUpCosine,
} from './schedules.ts';
