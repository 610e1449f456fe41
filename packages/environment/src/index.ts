export { serviceVariables, toolVariables } from './child-variables.ts';
export { type Credentials, readCredentials } from './credentials.ts';
export { chosenDevice, hasNvidiaDriver } from './device.ts';
export {
  type AtelierEnvironment,
  readEnvironment,
  type S3Settings,
  type ServiceAddresses,
} from './read-environment.ts';
export { bootstrapSettings } from './variables.mjs';
