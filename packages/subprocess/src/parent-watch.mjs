// A thread of its own: the main thread may be inside native code for many seconds, compiling, and
// would learn of its parent's end only afterwards. Plain JavaScript, so that it starts at once.
import { workerData } from 'node:worker_threads';

setInterval(() => {
  if (process.ppid !== workerData.parent) process.kill(process.pid, 'SIGKILL');
}, 500);
