import { readEnvironment } from '@atelier/environment';
import { metricsAddress } from './telemetry/metrics-address.ts';
import { explainError } from './terminal/exit.ts';
import { workerRoles } from './worker/run-workers.ts';
import { serve } from './worker/serve.ts';

// The supervisor starts this with the services' addresses in its environment.
try {
  // The supervisor names the address of metrics, where they are asked for.
  const [metrics] = process.argv.slice(2);
  await serve(readEnvironment(), { roles: workerRoles, metrics: metricsAddress(metrics) });
  process.exit(0);
} catch (error) {
  process.stderr.write(`The worker cannot serve. ${explainError(error).message}\n`);
  process.exit(1);
}
