import type { Report } from './report-schema.ts';

/** Which set was divided, and into what: the beginning of a sentence. One's own pictures are no official set. */
export const describeDivision = ({
  validationFrom,
  splits,
  contract,
}: Report['dataset']): string => {
  const validation = splits.gate === undefined ? ['validation'] : ['validation', 'gate'];
  const [set, parts] =
    validationFrom === 'train'
      ? ['training', ['train', ...validation]]
      : ['test', [...validation, 'test']];
  const divided = contract.pictures ? `The ${set} pictures are` : `The official ${set} set is`;
  return `${divided} divided into ${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
};
