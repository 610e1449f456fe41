export type { Environment } from './computing-environment.ts';
export { describeEnvironment } from './describe-environment.ts';
export { type LoadOptions, loadTensorFlow } from './load.ts';
export { xlaFlags } from './native-configuration.ts';
export { openSavedModel } from './open-saved-model.ts';
