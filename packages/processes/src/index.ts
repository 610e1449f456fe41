export { withLock } from './lock.mjs';
export { isAlive, processIdentity } from './process-identity.mjs';
export {
  endProcess,
  isGone,
  isRunning,
  type RecordedProcess,
  recordProcess,
  signalProcess,
  waitForEnd,
} from './recorded-process.ts';
