export { roles, type TensorSpec } from './architectures/architecture.ts';
export {
  architectureOf,
  inferenceBatch,
  type Network,
  networkFor,
  parameterCount,
  recordedNetwork,
  sizeOf,
  tensorSpecs,
} from './architectures/index.ts';
export { NoListOfLayers } from './architectures/module.ts';
export { batchNormTensors } from './architectures/tensors.ts';
export { inferenceSteps, type Step } from './inference-steps.ts';
export {
  inferenceLogits,
  type Normalisation,
  normalise,
  trainingLogits,
  type Weights,
} from './layers.ts';
export {
  digest,
  loadNetwork,
  type NetworkModule,
  placed,
  providedPackages,
  runModule,
} from './load-network.ts';
export { decodeModel, encodeModel, initialModel, type Model, weightsOf } from './model.ts';
export { summary } from './summary.ts';
