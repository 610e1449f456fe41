export { describeEnvironment, type Environment } from './environment.ts';
export { type LoadOptions, loadTensorFlow } from './load.ts';
export { xlaFlags } from './native-configuration.ts';
