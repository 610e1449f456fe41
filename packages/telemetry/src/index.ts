export type { LabelsOf } from './metric-table.ts';
export {
  type Metrics,
  noMetrics,
  openMetrics,
  openServiceMetrics,
} from './metrics.ts';
export { type MetricsServer, serveMetrics } from './metrics-server.ts';
export { openTracing } from './open-tracing.ts';
export { type Attributes, noTracing, type PastSpan, type Tracing } from './tracing.ts';
