export {
  decodeSafetensors,
  decodeSafetensorsHeader,
  encodeSafetensors,
  type Safetensors,
  type SafetensorsHeader,
  safetensorsHeaderLength,
  type Tensor,
} from './safetensors.ts';
