export { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
export type { Safetensors, Tensor } from './tensor.ts';
