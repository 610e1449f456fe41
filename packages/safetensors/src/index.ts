export {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type Tensor,
} from './safetensors.ts';
