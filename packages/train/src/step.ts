/** The pieces of one training step, for programs that measure or inspect them. */

export { batchAt } from './batch.ts';
export { compiledLoop, eagerLoop, type Step } from './loop.ts';
export { bufferLayout, initialState } from './parameter-buffer.ts';
export { pixelStore } from './pixel-store.ts';
export {
  type DeviceState,
  type EpochInputs,
  type StepOptions,
  toDevice,
  trainOn,
} from './training-step.ts';
