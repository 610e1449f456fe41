import type { ExportFormat } from './format.ts';
import { js } from './js.ts';
import { onnx } from './onnx.ts';
import { savedmodel } from './savedmodel.ts';

/** Every format, by the name that `--format` has for it. */
export const formats = { onnx, savedmodel, js } satisfies Record<string, ExportFormat>;

export type FormatName = keyof typeof formats;

export const formatNames = Object.keys(formats) as FormatName[];
