export {
  type BootService,
  bootServiceStatus,
  installBootService,
  uninstallBootService,
} from './boot-service.ts';
export { type BorrowedStack, borrowStack } from './borrow-stack.ts';
export type { Connections } from './doctor/check-services.ts';
export { formatSection, runDoctor } from './doctor/run-doctor.ts';
export { ensureStack } from './ensure-stack.ts';
export { provideProgramsFor } from './provision/provision.ts';
export { tensorFlowVariant } from './provision/tensorflow-variant.ts';
export { atelierWorker, type WorkerCommand } from './services.ts';
export { type NotedSchedule, readScheduleNote, writeScheduleNote } from './stack-file.ts';
export { stackLogs } from './stack-logs.ts';
export type { StackState } from './stack-state.ts';
export { idleSchedules, type NightProblem, type StackStatus, stackStatus } from './stack-status.ts';
export { stopStack } from './stop-stack.ts';
export { readIdentity, type StoreRole } from './store-identities.ts';
export { findTestBrowser, quietBrowser, testBrowsers } from './test-browser.ts';
export { startTestStack, type TestStack } from './test-stack.ts';
