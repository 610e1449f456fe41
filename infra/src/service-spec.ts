import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/** How the supervisor sees that a service answers. */
const healthCheckSchema = z.discriminatedUnion('kind', [
  /** The gRPC health service (grpc.health.v1) says SERVING for `service`. */
  z.object({ kind: z.literal('grpc'), address: z.string(), service: z.string() }),
  /** A GET answers 200. */
  z.object({ kind: z.literal('http'), url: z.string() }),
  /** It runs: for a process that serves nobody directly. */
  z.object({ kind: z.literal('running') }),
]);

export type HealthCheck = z.infer<typeof healthCheckSchema>;

/** One process that the supervisor keeps running. */
export const serviceSpecSchema = z.object({
  name: z.string(),
  command: z.string(),
  args: z.array(z.string()),
  cwd: z.string(),
  /** Added to what every service gets of the supervisor's environment, see serviceVariables. */
  variables: z.record(z.string(), z.string()),
  /** Whether `variables` holds all that decides how it works, and none of that is inherited. */
  complete: z.boolean().optional(),
  health: healthCheckSchema,
  /** Names of services that must answer before this one is started. */
  after: z.array(z.string()),
  /** From SIGTERM to SIGKILL. */
  graceMs: z.number(),
  /** Changes when the service has to be restarted although its command is the same. */
  version: z.string(),
});

export type ServiceSpec = z.infer<typeof serviceSpecSchema>;

export const isSameService = (a: ServiceSpec | undefined, b: ServiceSpec | undefined): boolean =>
  isDeepStrictEqual(a, b);
