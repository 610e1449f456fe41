import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { bounded, oneLine } from '@atelier/text';
import type { Context, Span } from '@opentelemetry/api';
import type { IdGenerator, SpanExporter } from '@opentelemetry/sdk-trace';
import { toldOnce } from './told-once.ts';
import type { OpenSpan, PastSpan, SpanFields, Tracing } from './tracing.ts';

export interface Tracer {
  /** Of the resource: what sends these spans. */
  service: Readonly<Record<string, string>>;
  /** Told once that spans do not arrive, and once that they do again. */
  log: { info(message: string): void; warn(message: string): void };
  /** How long spans may wait for others to be sent with them; 5 s unless given. */
  scheduledDelayMillis?: number;
  /** Why something failed, in words that hold no secret. */
  explain(error: unknown): string;
}

/** For what is left when the process ends. */
const stopMs = 2_000;
/** Characters of why something failed. */
const longestFailure = 300;

/**
 * Sends spans to the collector that OpenTelemetry's own variables name (OTEL_EXPORTER_OTLP_…,
 * OTEL_RESOURCE_ATTRIBUTES), in the background: a collector that is away, hangs or
 * refuses costs the spans and nothing else.
 */
export async function openTracing({
  service,
  log,
  explain,
  scheduledDelayMillis = 5_000,
}: Tracer): Promise<Tracing> {
  const [api, sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, resources] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-proto'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/resources'),
    ]);
  const { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } = api;
  const exporter: SpanExporter = toldOnce(new OTLPTraceExporter(), log);
  const ids = chosenIds(new sdk.RandomIdGenerator());
  const provider = new sdk.TracerProvider({
    resource: resources
      .resourceFromAttributes({ ...service })
      // The environment's own word goes first.
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    idGenerator: ids,
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const tracer = provider.getTracer('atelier');

  const belowRun = (run: string): Context =>
    trace.setSpanContext(ROOT_CONTEXT, {
      ...{ ...idsOf(run), traceFlags: TraceFlags.SAMPLED },
    });
  const start = ({ name, attributes = {}, kind }: SpanFields, at: Context, startTime?: Date) =>
    tracer.startSpan(
      name,
      {
        attributes: { ...attributes },
        kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL,
        ...(startTime !== undefined && { startTime }),
      },
      at,
    );
  const fail = (span: Span, message: string): void => {
    span.setStatus({ code: SpanStatusCode.ERROR, message: shortened(message) });
  };
  const add = (span: PastSpan, at: Context): void => {
    const made = start(span, at, new Date(span.start));
    if (span.failure !== undefined) fail(made, span.failure);
    made.end(new Date(span.end));
  };

  return {
    async within(fields, work, run) {
      const around = context.active();
      const isWithin = trace.getSpan(around) !== undefined;
      if (!isWithin && run === undefined) return work();
      const span = start(fields, isWithin ? around : belowRun(run!));
      try {
        return await context.with(trace.setSpan(around, span), work);
      } catch (error) {
        fail(span, explain(error));
        throw error;
      } finally {
        span.end();
      }
    },
    open(fields): OpenSpan {
      const around = context.active();
      const span = start(fields, around);
      return {
        add: (below) => add(below, trace.setSpan(around, span)),
        end(error) {
          if (error !== undefined) fail(span, explain(error));
          span.end();
        },
      };
    },
    addRun(run, span, below) {
      ids.choose(idsOf(run));
      add(span, ROOT_CONTEXT);
      for (const each of below) add(each, belowRun(run));
    },
    async stop() {
      const late = sleep(stopMs, undefined, { ref: false });
      await Promise.race([provider.shutdown().catch(() => {}), late]);
    },
  };
}

interface Ids {
  traceId: string;
  spanId: string;
}

/** Of a run's own span. A run may last for weeks and go through many processes, which all know it. */
function idsOf(run: string): Ids {
  const digest = createHash('sha256').update(`run ${run}`).digest('hex');
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}

/** Random ids, but for the next span that is the first of its trace. */
function chosenIds(random: IdGenerator): IdGenerator & { choose(ids: Ids): void } {
  let next: Ids | undefined;
  return {
    choose(ids) {
      next = ids;
    },
    // Only the first span of a trace asks for a trace's id, and it asks for its own one first.
    generateSpanId: () => next?.spanId ?? random.generateSpanId(),
    generateTraceId() {
      const { traceId } = next ?? { traceId: random.generateTraceId() };
      next = undefined;
      return traceId;
    },
  };
}

const shortened = (text: string): string => oneLine(bounded(text, longestFailure));
