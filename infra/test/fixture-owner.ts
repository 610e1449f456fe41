import { setTimeout as sleep } from 'node:timers/promises';
import { startTestStack } from '../src/index.ts';

/** Stands in for a test that is killed: starts a stack, says where it is, and waits. */
const { environment } = await startTestStack();
process.stdout.write(`${environment.home}\n`);
await sleep(600_000);
