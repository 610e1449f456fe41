/** The pieces of one training step, for programs that measure or inspect them. */

export { normalise } from '@atelier/model';
export { plainImages } from './augmentation.ts';
export { batchAt } from './batch.ts';
export { compiledLoop, eagerLoop, type Step } from './loop.ts';
export type { Dropout } from './loss.ts';
export { bufferLayout, initialState } from './parameter-buffer.ts';
export { pixelStore } from './pixel-store.ts';
export {
  type DeviceState,
  type EpochInputs,
  learn,
  type StepOptions,
  toDevice,
  trainOn,
} from './training-step.ts';
