import type { Report } from './report-schema.ts';

/** Which of the official sets was divided, and into what, for a sentence about it. */
export const describeDivision = ({ validationFrom }: Report['dataset']): string =>
  validationFrom === 'train'
    ? 'training set is divided into train and validation'
    : 'test set is divided into validation and test';
