import type { TensorSpec } from './architecture.ts';

/** A linear layer's weight, [inputs, outputs], and bias. */
export const linearTensors = (
  layer: string,
  inputs: number,
  outputs: number,
  bias: 'bias' | 'heldBias',
): TensorSpec[] => [
  {
    ...{ name: `${layer}.weight`, shape: [inputs, outputs], role: 'weight', layer },
    ...{ fanIn: inputs, decays: true },
  },
  { name: `${layer}.bias`, shape: [outputs], role: bias, layer, decays: false },
];

/** A 3 x 3 convolution's weight, [3, 3, inputs, outputs], and its bias in front of BatchNorm. */
export const convolutionTensors = (
  layer: string,
  inputs: number,
  outputs: number,
): TensorSpec[] => [
  {
    ...{ name: `${layer}.weight`, shape: [3, 3, inputs, outputs], role: 'weight', layer },
    ...{ fanIn: 9 * inputs, decays: true },
  },
  { name: `${layer}.bias`, shape: [outputs], role: 'heldBias', layer, decays: false },
];

interface BatchNormTensor extends TensorSpec {
  role: 'scale' | 'shift' | 'runningMean' | 'runningVariance';
}

/** BatchNorm's four tensors, [features] each. */
export function batchNormTensors(layer: string, features: number): BatchNormTensor[] {
  const tensor = (name: string, role: BatchNormTensor['role']): BatchNormTensor => ({
    ...{ name: `${layer}.${name}`, shape: [features], role, layer, decays: false },
  });
  return [
    tensor('weight', 'scale'),
    tensor('bias', 'shift'),
    tensor('running_mean', 'runningMean'),
    tensor('running_var', 'runningVariance'),
  ];
}
