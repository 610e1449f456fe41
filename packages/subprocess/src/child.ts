import { Worker } from 'node:worker_threads';
import { type ToChild, type ToParent, toWire } from './protocol.ts';

export interface ParentLink<M, A = void> {
  /** Resolves to the parent's reply when it has dealt with the message, which is the back-pressure. */
  send(message: M): Promise<A>;
  /** Aborted when the parent asks the job to stop. */
  signal: AbortSignal;
}

/**
 * A child's whole main: takes its input, runs the job, gives back its result or its error. The
 * process ends with the job, or within a second of its parent's end, whatever it is doing.
 */
export function serveParent<I, M, R, A = void>(
  job: (input: I, link: ParentLink<M, A>) => Promise<R>,
): void {
  const controller = new AbortController();
  const waiting = new Map<number, (reply: A) => void>();
  let sent = 0;
  const link: ParentLink<M, A> = {
    signal: controller.signal,
    send: (message) =>
      new Promise((resolve) => {
        sent += 1;
        waiting.set(sent, resolve);
        post({ kind: 'message', id: sent, message });
      }),
  };
  process.on('disconnect', () => process.exit(1));
  const watch = new URL('./parent-watch.mjs', import.meta.url);
  new Worker(watch, { workerData: { parent: process.ppid }, execArgv: [] }).unref();
  // The parent decides: a Ctrl-C in the terminal reaches the whole process group.
  process.on('SIGINT', () => {});
  process.on('message', (message: ToChild) => {
    if (message.kind === 'cancel') controller.abort();
    if (message.kind === 'acknowledged') {
      waiting.get(message.id)?.(message.reply as A);
      waiting.delete(message.id);
    }
    if (message.kind === 'input')
      job(message.input as I, link).then(
        (result) => post({ kind: 'result', result }, () => process.exit(0)),
        (error: unknown) => post({ kind: 'error', error: toWire(error) }, () => process.exit(1)),
      );
  });
}

function post(message: ToParent, whenSent: () => void = () => {}): void {
  process.send?.(message, whenSent);
}
