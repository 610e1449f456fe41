import type { ImageShape } from '@atelier/data/image-shape';
import { type CompiledFunction, compile, intAdd, intMin, iota } from '@atelier/graph';
import { dispose, scalar, type Tensor, tensor1d, tidy, zeros } from '@tensorflow/tfjs-core';
import { imagesByClass } from './balanced-sampling.ts';
import { balancedWeights } from './class-weights.ts';
import {
  type BlockOptions,
  heldImages,
  ImageBlocks,
  type LabelledImages,
  type StepImages,
  type StreamedImages,
} from './image-blocks.ts';
import { compiledLoop, eagerLoop, type Loop } from './loop.ts';
import type { TrainingState } from './parameter-buffer.ts';
import { fromParts } from './parameter-buffer.ts';
import {
  type DeviceState,
  type EpochInputs,
  orderOf,
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
  readonly #constants: Pick<EpochInputs, 'seed' | 'held' | 'members'>;
  readonly #order: Order;
  readonly #images: { train: StepImages; validation: StepImages };
  readonly #training: TrainingLoop;
  readonly #validation: ValidationLoop;
  #state: DeviceState;
  #epoch: Pick<EpochInputs, 'epoch' | 'learningRate'> | undefined;
  #epochNumber = 0;

  constructor(
    options: StepOptions,
    seed: number,
    data: { train: TrainingImages; validation: TrainingImages },
    state: TrainingState,
  ) {
    this.#options = options;
    const { recipe, network } = options;
    const classWeights =
      recipe.classWeights === 'balanced'
        ? balancedWeights(data.train.labels, network.classes)
        : undefined;
    const byClass =
      recipe.sampling === 'balanced'
        ? imagesByClass(data.train.labels, network.classes)
        : undefined;
    const loopOf = recipe.engine === 'eager' ? eagerLoop : compiledLoop;
    this.#counts = { train: data.train.labels.length, validation: data.validation.labels.length };
    const classCounts = byClass?.counts;
    this.#training = loopOf(
      trainingStep({ ...options, classWeights, classCounts }, this.#counts.train),
    );
    this.#validation = loopOf(validationStep(options, this.#counts.validation));
    this.stepsPerEpoch = Math.ceil(this.#counts.train / recipe.batchSize);
    this.#constants = {
      seed: scalar(seed, 'int32'),
      held: tensor1d(state.held),
      ...(byClass && { members: tensor1d(byClass.members, 'int32') }),
    };
    this.#order = trainingOrder(seed, {
      ...{ examples: this.#counts.train, members: this.#constants.members, classCounts },
      isCompiled: recipe.engine !== 'eager',
    });
    this.#images = {
      train: imagesOf(data.train, options.image, {
        batch: recipe.batchSize,
        order: this.#order.at,
        lastEpoch: recipe.epochs,
      }),
      validation: imagesOf(data.validation, options.image, {
        batch: validationBatch(network, this.#counts.validation),
        order: (_, first, count) => Int32Array.from({ length: count }, (_, i) => first + i),
        // What is read ahead is in the way of training.
        lastEpoch: 0,
      }),
    };
    this.#state = toDevice(state, options.layout);
  }

  /** @param epoch counted from 1 */
  beginEpoch(epoch: number, learningRate: number): void {
    if (this.#epoch !== undefined) dispose(this.#epoch);
    this.#epochNumber = epoch;
    this.#epoch = {
      epoch: scalar(epoch, 'int32'),
      learningRate: scalar(learningRate),
    };
    dispose([this.#state.sums, this.#state.diverged]);
    this.#state = { ...this.#state, sums: zeros([stepSums.length]), diverged: scalar(0, 'int32') };
  }

  /** Makes the epoch's steps `from` … `from + count - 1`, counted from 0. */
  async train(from: number, count: number): Promise<void> {
    for (let step = from; step < from + count; ) {
      const { inputs: images, end } = await this.#images.train.at(this.#epochNumber, step);
      const inputs = { ...images, ...this.#constants, ...this.#epoch! };
      const steps = Math.min(end, from + count) - step;
      const previous = this.#state;
      this.#state = await this.#training.run(previous, inputs, step, steps);
      dispose(previous);
      step += steps;
    }
  }

  /** @returns means over the validation split: of hits, the accuracy */
  async validate(): Promise<ValidationSums> {
    const examples = this.#counts.validation;
    const { parameters, running } = this.#state;
    const model = { parameters, running, held: this.#constants.held };
    let state: ValidationState = { sums: zeros([validationSums.length]) };
    const steps = Math.ceil(examples / validationBatch(this.#options.network, examples));
    for (let step = 0; step < steps; ) {
      const { inputs: images, end } = await this.#images.validation.at(this.#epochNumber, step);
      const previous = state;
      const count = Math.min(end, steps) - step;
      state = await this.#validation.run(previous, { ...images, ...model }, step, count);
      dispose(previous);
      step += count;
    }
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
    dispose([this.#state, this.#constants, this.#epoch ?? []]);
    this.#images.train.dispose();
    this.#images.validation.dispose();
    this.#order.dispose();
    this.#training.dispose();
    this.#validation.dispose();
  }
}

type TrainingImages = LabelledImages | StreamedImages;

const imagesOf = (
  of: TrainingImages,
  shape: ImageShape,
  options: Omit<BlockOptions, 'shape'>,
): StepImages =>
  'images' in of ? heldImages(of, shape) : new ImageBlocks(of, { shape, ...options });

/**
 * The order of an epoch's examples, a part of it at a time, as steps find it where all are held. It
 * is on the way of training, so that it is compiled where steps are.
 */
function trainingOrder(
  seed: number,
  { examples, members, classCounts, isCompiled }: OrderOptions,
): Order {
  type Places = { first: Tensor; epoch: Tensor; members?: Tensor };
  const orderFrom = ({ first, ...of }: Places, count: number): Tensor => {
    const places = intMin(intAdd(iota(count), first), examples - 1);
    return orderOf(places, examples, { seed, ...of }, classCounts);
  };
  const place = { shape: [], dtype: 'int32' } as const;
  let compiled: { count: number; program: CompiledFunction<Places, Tensor> } | undefined;
  const programFor = (count: number) => {
    if (compiled !== undefined && compiled.count >= count) return compiled.program;
    compiled?.program.dispose();
    const inputs = {
      ...{ first: place, epoch: place },
      ...(members && { members: { ...place, shape: [examples] } }),
    };
    const program = compile((places: Places) => orderFrom(places, count), { inputs });
    compiled = { count, program };
    return program;
  };
  return {
    at: (epoch, first, count) =>
      tidy(() => {
        const places = {
          ...{ first: scalar(first, 'int32'), epoch: scalar(epoch, 'int32') },
          ...(members && { members }),
        };
        const found = isCompiled ? programFor(count).call(places) : orderFrom(places, count);
        // The last part of an epoch is the shorter one.
        return found.dataSync<'int32'>().subarray(0, count);
      }),
    dispose: () => compiled?.program.dispose(),
  };
}

interface OrderOptions extends Pick<StepOptions, 'classCounts'> {
  examples: number;
  members: Tensor | undefined;
  isCompiled: boolean;
}

interface Order {
  at: BlockOptions['order'];
  dispose(): void;
}

function named<K extends string>(names: readonly K[], value: (i: number) => number) {
  return Object.fromEntries(names.map((name, i) => [name, value(i)])) as Record<K, number>;
}
