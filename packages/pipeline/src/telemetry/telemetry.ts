import { type Metrics, noMetrics, noTracing, type Tracing } from '@atelier/telemetry';

/** What a worker tells of itself, to whom it was told of. */
export interface Telemetry {
  metrics: Metrics;
  tracing: Tracing;
}

/** To nobody. */
export const noTelemetry: Telemetry = { metrics: noMetrics, tracing: noTracing };

/** Whether anybody listens: what is only told need not be found out for nobody. */
export const isWatched = ({ metrics, tracing }: Telemetry): boolean =>
  metrics !== noMetrics || tracing !== noTracing;
