import { rm } from 'node:fs/promises';
import { oneLine } from '@atelier/text';
import { readPlan, recordPath } from './stack-file.ts';
import { type Supervisor, supervise } from './supervisor.ts';

/** The detached process behind the local stack. Its one argument is the stack's folder. */
const home = process.argv[2];
if (home === undefined) throw new Error('The folder of the stack is missing.');

// What Temporal, MinIO and the worker write, the histories above all, is this user's alone.
process.umask(0o077);

const say = (text: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${oneLine(text)}\n`);
};

// A pipe to a program that has gone must not end the stack.
process.stdout.on('error', () => {});

const plan = await readPlan(home);
const stopRequested = new Promise<string>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
});
let supervisor: Supervisor | undefined;
const reconcile = (): void => {
  // Without a supervisor yet, this is done again as soon as there is one.
  supervisor
    ?.reconcile()
    .catch((error: Error) => say(`The plan was not followed: ${error.message}`));
};
process.on('SIGHUP', reconcile);

say(`supervisor started, pid ${process.pid}`);
supervisor = await supervise(home, say);
reconcile();
const stayAlive = setInterval(() => {}, 60_000);

const reason = await Promise.race([stopRequested, supervisor.abandoned]);
say(`stopping: ${reason}`);
await supervisor.shutDown();
clearInterval(stayAlive);
// On a disk that has become read-only it stays, and names processes that are gone.
await rm(recordPath(home), { force: true }).catch((error: Error) => say(error.message));
if (plan?.ownedBy !== undefined) await rm(home, { recursive: true, force: true, maxRetries: 5 });
say('stopped');
process.exit(0);
