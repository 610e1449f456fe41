import { type HostAndPort, hostAndPortText } from '@atelier/addresses';
import { isExplained } from '@atelier/errors';
import { type MetricsServer, openMetrics, openTracing, serveMetrics } from '@atelier/telemetry';
import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from '@temporalio/worker';
import type { Disks } from '../disk-space.ts';
import { failureTypes } from '../names.ts';
import type { GoingSchedule } from '../nights/schedules.ts';
import type { Store } from '../run-store.ts';
import { openStoreReadings } from './store-readings.ts';
import { noTelemetry, type Telemetry } from './telemetry.ts';

interface TelemetryOptions {
  /** Whether the environment names a collector. */
  traces: boolean;
  /** Where metrics are served; undefined: nowhere. */
  metrics: HostAndPort | undefined;
  /** Of the worker, for whoever looks at its traces. */
  service: { version: string; instance: string };
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** What a worker's metrics tell of besides its own work. */
interface Surroundings {
  store: Store;
  /** The names of those that are to start runs. */
  schedules(): Promise<readonly GoingSchedule[]>;
  disks: Pick<Disks, 'folders' | 'low'>;
  /** Whether it tells of runs and of the store, too. */
  isOfPipeline: boolean;
}

interface OpenTelemetry extends Telemetry {
  /** Serves the metrics from now on, if they are asked for. */
  serve(surroundings: Surroundings): void;
  stop(): Promise<void>;
}

/** Loads what is asked for, and nothing else: a worker that nobody watches starts without. */
export async function openTelemetry(options: TelemetryOptions): Promise<OpenTelemetry> {
  const { traces, metrics: address, service, logger } = options;
  const tracing = traces
    ? await openTracing({
        service: {
          'service.name': 'atelier',
          'service.version': service.version,
          'service.instance.id': service.instance,
        },
        log: { info: (message) => logger.info(message), warn: (message) => logger.warn(message) },
        explain,
      })
    : noTelemetry.tracing;
  const served = address && { ...(await openMetrics()), address };
  const metrics = served?.metrics ?? noTelemetry.metrics;
  let server: MetricsServer | undefined;
  return {
    metrics,
    tracing,
    serve({ isOfPipeline, ...read }) {
      if (served === undefined) return;
      const warn = (error: Error): void =>
        logger.warn('Metrics lack what cannot be read', { error });
      const readings = openStoreReadings({ ...read, metrics, warn }, isOfPipeline);
      const place = `http://${hostAndPortText(served.address)}/metrics`;
      server = serveMetrics(served.address, {
        ...served,
        onAsked: readings.renew,
        onTaken: (error) => logger.warn(`No metrics at ${place} yet`, { error }),
      });
      void server.listening.then(() => {
        logger.info(`Metrics at ${place}`);
        readings.renew();
      });
    },
    async stop() {
      server?.close();
      await tracing.stop();
    },
  };
}

const ownTypes: readonly string[] = Object.values(failureTypes);

/** What failed, in Atelier's own words; an error of elsewhere may quote anything, so its name alone. */
export function explain(error: unknown): string {
  if (isExplained(error)) return error.failure.what;
  if (error instanceof ApplicationFailure && ownTypes.includes(error.type ?? ''))
    return `${error.type}: ${error.message.split('\n', 1)[0]}`;
  return error instanceof Error ? error.name : 'an error';
}
