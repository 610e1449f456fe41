import { readEnvironment } from '@atelier/environment';
import { explainError } from './terminal/exit.ts';
import { workerRoles } from './worker/run-workers.ts';
import { serve } from './worker/serve.ts';

// The supervisor starts this with the services' addresses in its environment.
try {
  await serve(readEnvironment(), workerRoles);
  process.exit(0);
} catch (error) {
  process.stderr.write(`The worker cannot serve. ${explainError(error).message}\n`);
  process.exit(1);
}
