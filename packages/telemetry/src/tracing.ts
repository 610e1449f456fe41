/** Values that a span carries; none of them a secret, nor of a size that others decide. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanFields {
  name: string;
  attributes?: Attributes;
  /** A call to a service of elsewhere; `internal` unless given. */
  kind?: 'client';
}

/** A span with its times, which may be long past; ms since 1970. */
export interface PastSpan extends SpanFields {
  start: number;
  end: number;
  /** In a few words, why what it shows did not succeed. */
  failure?: string | undefined;
}

/** A span that goes on. */
export interface OpenSpan {
  /** Adds a span below this one. */
  add(span: PastSpan): void;
  /** @param error what ended it, if it failed */
  end(error?: unknown): void;
}

/** Where spans go, and how they hang together. */
export interface Tracing {
  /**
   * Does work in a span below the one that the caller works in; without one, below the run's.
   * @param run the run that it belongs to; without it and without a span, there is no span
   */
  within<T>(fields: SpanFields, work: () => Promise<T>, run?: string): Promise<T>;
  /** Begins a span below the one that the caller works in. */
  open(fields: SpanFields): OpenSpan;
  /**
   * Adds the span of a whole run, and those below it. All that was traced of the run hangs below it,
   * in whichever process: its ids follow from the run's.
   * @param run the id of its execution
   */
  addRun(run: string, span: PastSpan, below: readonly PastSpan[]): void;
  /** Sends what is left, in two seconds at most. */
  stop(): Promise<void>;
}

const noSpan: OpenSpan = { add: () => {}, end: () => {} };

/** For a worker that was told of no collector. */
export const noTracing: Tracing = {
  within: (_, work) => work(),
  open: () => noSpan,
  addRun: () => {},
  stop: async () => {},
};
