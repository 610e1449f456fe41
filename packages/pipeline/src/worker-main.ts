import { readEnvironment } from '@atelier/infra';
import { workerRoles } from './worker/run-workers.ts';
import { serve } from './worker/serve.ts';

// The supervisor starts this with the services' addresses in its environment.
await serve(readEnvironment(), workerRoles);
