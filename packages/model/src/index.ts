export type { Statistics } from './batch-norm.ts';
export type { Network, NetworkOptions } from './configuration.ts';
export { type Forward, inferenceLogits, trainingLogits, type Weights } from './forward.ts';
export { gelu } from './gelu.ts';
export { initialModel } from './initialisation.ts';
export { type ParameterKind, type ParameterSpec, tensorSpecs } from './layout.ts';
export { decodeModel, encodeModel, type Model, weightsOf } from './model-file.ts';
export { summary } from './summary.ts';
