export type { Network } from './configuration.ts';
export { inferenceLogits, trainingLogits, type Weights } from './forward.ts';
export { gelu } from './gelu.ts';
export { initialModel } from './initialisation.ts';
export { type ParameterSpec, tensorSpecs } from './layout.ts';
export { decodeModel, encodeModel, type Model, weightsOf } from './model-file.ts';
export { summary } from './summary.ts';
