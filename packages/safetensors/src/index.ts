export { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
export type { DType, Safetensors, Tensor } from './tensor.ts';
