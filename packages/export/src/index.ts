export { exportedModel, type TrainedModel } from './exported-model.ts';
export { type FormatName, formatNames, formats } from './formats/index.ts';
export { readBack } from './read-back.ts';
