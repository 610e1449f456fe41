export { describeEnvironment, type Environment } from './environment.ts';
export { loadTensorFlow } from './load.ts';
export { xlaFlags } from './native-configuration.ts';
