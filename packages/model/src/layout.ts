import type { Network } from './configuration.ts';

type ParameterKind = 'weight' | 'bias' | 'scale' | 'shift' | 'runningMean' | 'runningVariance';

export interface ParameterSpec {
  name: string;
  /** Weights are [inputs, outputs], everything else is [outputs]. */
  shape: number[];
  kind: ParameterKind;
}

/**
 * Every tensor of a model, in the order of the forward pass: for block i (from 1) fc{i}.weight,
 * fc{i}.bias, bn{i}.weight, bn{i}.bias, bn{i}.running_mean and bn{i}.running_var, then head.weight
 * and head.bias. Running statistics are state, not parameters.
 */
export function tensorSpecs({ inputs, widths, classes }: Network): ParameterSpec[] {
  const blocks = widths.flatMap((outputs, i): ParameterSpec[] => [
    { name: `fc${i + 1}.weight`, shape: [widths[i - 1] ?? inputs, outputs], kind: 'weight' },
    { name: `fc${i + 1}.bias`, shape: [outputs], kind: 'bias' },
    { name: `bn${i + 1}.weight`, shape: [outputs], kind: 'scale' },
    { name: `bn${i + 1}.bias`, shape: [outputs], kind: 'shift' },
    { name: `bn${i + 1}.running_mean`, shape: [outputs], kind: 'runningMean' },
    { name: `bn${i + 1}.running_var`, shape: [outputs], kind: 'runningVariance' },
  ]);
  const last = widths.at(-1) ?? inputs;
  return [
    ...blocks,
    { name: 'head.weight', shape: [last, classes], kind: 'weight' },
    { name: 'head.bias', shape: [classes], kind: 'bias' },
  ];
}
