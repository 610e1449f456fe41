export {
  decodeSafetensors,
  decodeSafetensorsHeader,
  encodeSafetensors,
  type Safetensors,
  type SafetensorsHeader,
  safetensorsHeaderLength,
  safetensorsPlaces,
  type Tensor,
} from './safetensors.ts';
