import { dispose, scalar, tensor1d, zeros } from '@tensorflow/tfjs-core';
import { balancedWeights } from './class-weights.ts';
import { compiledLoop, eagerLoop, type Loop } from './loop.ts';
import type { TrainingState } from './parameter-buffer.ts';
import { fromParts } from './parameter-buffer.ts';
import { pixelStore } from './pixel-store.ts';
import {
  type DeviceState,
  type EpochInputs,
  type StepOptions,
  type StepSums,
  stepSums,
  toDevice,
  trainingStep,
} from './training-step.ts';
import {
  type ValidationInputs,
  type ValidationState,
  type ValidationSums,
  validationBatch,
  validationStep,
  validationSums,
} from './validation.ts';

export interface LabelledImages {
  /** [count, height, width, channels] */
  images: Uint8Array;
  /** [count] */
  labels: Uint8Array;
}

export interface EpochSums extends StepSums {
  /** The first step whose loss was not finite, or 0. */
  diverged: number;
}

type TrainingLoop = Loop<DeviceState, EpochInputs>;
type ValidationLoop = Loop<ValidationState, ValidationInputs>;

/** The training state on the device, and the programs that change it. */
export class DeviceTraining {
  readonly stepsPerEpoch: number;
  readonly #options: StepOptions;
  readonly #counts: { train: number; validation: number };
  readonly #constants: Pick<EpochInputs, 'pixels' | 'labels' | 'seed' | 'held'>;
  readonly #validationData: Pick<ValidationInputs, 'pixels' | 'labels'>;
  readonly #training: TrainingLoop;
  readonly #validation: ValidationLoop;
  #state: DeviceState;
  #epoch: Pick<EpochInputs, 'epoch' | 'learningRate'> | undefined;

  constructor(
    options: StepOptions,
    seed: number,
    data: { train: LabelledImages; validation: LabelledImages },
    state: TrainingState,
  ) {
    const onDevice = ({ images, labels }: LabelledImages) => ({
      pixels: pixelStore(images, options.image).pixels,
      labels: tensor1d(Int32Array.from(labels), 'int32'),
    });
    this.#options = options;
    const { recipe, network } = options;
    const classWeights =
      recipe.classWeights === 'balanced'
        ? balancedWeights(data.train.labels, network.classes)
        : undefined;
    const loopOf = recipe.engine === 'eager' ? eagerLoop : compiledLoop;
    this.#training = loopOf(trainingStep({ ...options, classWeights }));
    this.#validation = loopOf(validationStep(options));
    this.#counts = { train: data.train.labels.length, validation: data.validation.labels.length };
    this.stepsPerEpoch = Math.ceil(this.#counts.train / options.recipe.batchSize);
    this.#constants = {
      ...onDevice(data.train),
      seed: scalar(seed, 'int32'),
      held: tensor1d(state.held),
    };
    this.#validationData = onDevice(data.validation);
    this.#state = toDevice(state, options.layout);
  }

  /** @param epoch counted from 1 */
  beginEpoch(epoch: number, learningRate: number): void {
    if (this.#epoch !== undefined) dispose(this.#epoch);
    this.#epoch = {
      epoch: scalar(epoch, 'int32'),
      learningRate: scalar(learningRate),
    };
    dispose([this.#state.sums, this.#state.diverged]);
    this.#state = { ...this.#state, sums: zeros([stepSums.length]), diverged: scalar(0, 'int32') };
  }

  /** Makes the epoch's steps `from` … `from + count - 1`, counted from 0. */
  async train(from: number, count: number): Promise<void> {
    const inputs = { ...this.#constants, ...this.#epoch! };
    const previous = this.#state;
    this.#state = await this.#training.run(previous, inputs, from, count);
    dispose(previous);
  }

  /** @returns means over the validation split: of hits, the accuracy */
  async validate(): Promise<ValidationSums> {
    const examples = this.#counts.validation;
    const { parameters, running } = this.#state;
    const inputs = { ...this.#validationData, parameters, running, held: this.#constants.held };
    const initial: ValidationState = { sums: zeros([validationSums.length]) };
    const steps = Math.ceil(examples / validationBatch(this.#options.network, examples));
    const state = await this.#validation.run(initial, inputs, 0, steps);
    dispose(initial);
    const sums = await state.sums.data();
    dispose(state);
    return named(validationSums, (i) => sums[i]! / examples);
  }

  async sums(): Promise<EpochSums> {
    const sums = await this.#state.sums.data();
    const [diverged] = await this.#state.diverged.data();
    return { ...named(stepSums, (i) => sums[i]!), diverged: diverged! };
  }

  /** A copy in host memory. */
  async state(): Promise<TrainingState> {
    const { parameters, firstMoment, secondMoment, running, step } = this.#state;
    const { layout } = this.#options;
    const [steps] = await step.data();
    return {
      parameters: await fromParts(parameters, layout),
      firstMoment: await fromParts(firstMoment, layout),
      secondMoment: await fromParts(secondMoment, layout),
      running: await running.data<'float32'>(),
      held: await this.#constants.held.data<'float32'>(),
      step: steps!,
    };
  }

  dispose(): void {
    dispose([this.#state, this.#constants, this.#validationData, this.#epoch ?? []]);
    this.#training.dispose();
    this.#validation.dispose();
  }
}

function named<K extends string>(names: readonly K[], value: (i: number) => number) {
  return Object.fromEntries(names.map((name, i) => [name, value(i)])) as Record<K, number>;
}
