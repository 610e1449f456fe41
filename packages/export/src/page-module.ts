export { exportedModel, type TrainedModel } from './exported-model.ts';
export { classifierModule } from './formats/classifier-module.ts';
