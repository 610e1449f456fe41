export type { Environment } from './computing-environment.ts';
export { describeEnvironment } from './describe-environment.ts';
export { loadTensorFlow } from './load.ts';
export { xlaFlags } from './native-configuration.ts';
export { openSavedModel } from './open-saved-model.ts';
