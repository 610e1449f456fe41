export { formatSection, runDoctor } from './doctor/run-doctor.ts';
export { ensureStack } from './ensure-stack.ts';
export { tensorFlowVariant } from './provision/tensorflow-variant.ts';
export { atelierWorker } from './services.ts';
export { stackLogs } from './stack-logs.ts';
export type { StackState } from './stack-state.ts';
export { stackStatus } from './stack-status.ts';
export { stopStack } from './stop-stack.ts';
export { startTestStack, type TestStack } from './test-stack.ts';
