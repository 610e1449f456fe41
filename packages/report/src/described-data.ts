import type { Report } from './report-schema.ts';

/** Which of the official sets was divided, and into what, for a sentence about it. */
export const describeDivision = ({ validationFrom, splits }: Report['dataset']): string => {
  const validation = splits.gate === undefined ? ['validation'] : ['validation', 'gate'];
  const [set, parts] =
    validationFrom === 'train'
      ? ['training', ['train', ...validation]]
      : ['test', [...validation, 'test']];
  return `${set} set is divided into ${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
};
