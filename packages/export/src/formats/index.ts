import type { ExportFormat } from './format.ts';
import { js } from './js.ts';
import { onnx } from './onnx.ts';
import { pytorch } from './pytorch.ts';
import { safetensors } from './safetensors.ts';
import { savedmodel } from './savedmodel.ts';
import { tfjs } from './tfjs.ts';

/** Every format, by the name that `--format` has for it. */
export const formats = {
  ...{ onnx, savedmodel, tfjs, pytorch, safetensors, js },
} satisfies Record<string, ExportFormat>;

export type FormatName = keyof typeof formats;

export const formatNames = Object.keys(formats) as FormatName[];
