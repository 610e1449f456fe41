export { childVariables } from './child-variables.ts';
export type { Credentials } from './credentials.ts';
export type { Check } from './doctor/check.ts';
export { formatSection, runDoctor, type Section } from './doctor/run-doctor.ts';
export { type EnsureStackOptions, ensureStack } from './ensure-stack.ts';
export {
  type AtelierEnvironment,
  readEnvironment,
  type S3Settings,
  type TemporalSettings,
} from './environment.ts';
export { type Log, silent } from './log.ts';
export { isGone, recordProcess } from './processes.ts';
export { provision } from './provision/provision.ts';
export { tensorFlowVariant } from './provision/tensorflow-variant.ts';
export { atelierWorker, SEARCH_ATTRIBUTES, type WorkerCommand } from './services.ts';
export { type LogLine, stackLogs } from './stack-logs.ts';
export type { StackState } from './stack-state.ts';
export { type StackStatus, stackStatus } from './stack-status.ts';
export { stopStack } from './stop-stack.ts';
export { startTestStack, type TestStack } from './test-stack.ts';
export { endWhenUnread } from './unread-output.ts';
