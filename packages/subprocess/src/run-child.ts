import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { serviceVariables } from '@atelier/environment/child-variables';
import { WorldError } from '@atelier/errors';
import { launcher } from '@atelier/programs';
import { ChildOutput } from './child-output.ts';
import { fromWire, type ToChild, type ToParent } from './protocol.ts';

export interface ChildJob<I, M, A = void> {
  /** The module to run; its main is {@link serveParent}. */
  entry: URL;
  /** What the job is called in errors, e.g. "The trainer". */
  name: string;
  /** Structured-cloneable. */
  input: I;
  signal?: AbortSignal | undefined;
  /** The child's `send` waits until this is done, and resolves to it; its failure ends the child. */
  onMessage?: (message: M) => A | Promise<A>;
  /** Told every line that the child prints, for a log; its death's message shows fewer. */
  onOutput?: ((line: string) => void) | undefined;
  /** How long a cancelled child may take to end by itself, 3 s by default; then it is killed. */
  graceMilliseconds?: number;
}

/**
 * Runs one job in a child process and resolves to its result.
 * @throws the child's own UserError or WorldError; a WorldError that says how the child died and
 *   what it printed last; the signal's reason where the job was cancelled
 */
export async function runChild<I, M, R, A = void>(job: ChildJob<I, M, A>): Promise<R> {
  job.signal?.throwIfAborted();
  const child = fork(launcher, [fileURLToPath(job.entry)], {
    execArgv: [],
    // It computes: the credentials of services, which this process has, are none of its business.
    env: serviceVariables(),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const cancel = () => stop(child, job.graceMilliseconds ?? 3000);
  job.signal?.addEventListener('abort', cancel);
  try {
    return await converse<I, M, R, A>(child, job);
  } finally {
    job.signal?.removeEventListener('abort', cancel);
    child.kill('SIGKILL');
  }
}

function converse<I, M, R, A>(child: ChildProcess, job: ChildJob<I, M, A>): Promise<R> {
  const printed = new ChildOutput(40, job.onOutput ?? (() => {}), child.stdout, child.stderr);
  let outcome: { result: R } | { error: Error } | undefined;
  return new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(new WorldError({ what: `${job.name} did not start.`, found: error.message })),
    );
    child.on('message', (message: ToParent) => {
      if (message.kind === 'result') outcome = { result: message.result as R };
      if (message.kind === 'error') outcome = { error: fromWire(message.error, job.name) };
      if (message.kind === 'message')
        deliver(child, job, message).catch((error: Error) => {
          outcome = { error };
          child.kill('SIGKILL');
        });
    });
    // 'close' comes after 'exit', when the last output has been read.
    child.on('close', (code, signal) => {
      if (outcome !== undefined && 'result' in outcome) resolve(outcome.result);
      else if (job.signal?.aborted) reject(job.signal.reason);
      else reject(outcome?.error ?? death(job.name, code, signal, printed));
    });
    tell(child, { kind: 'input', input: job.input });
  });
}

async function deliver<I, M, A>(
  child: ChildProcess,
  job: ChildJob<I, M, A>,
  { id, message }: { id: number; message: unknown },
): Promise<void> {
  const reply = await job.onMessage?.(message as M);
  tell(child, { kind: 'acknowledged', id, reply });
}

/** A child that died meanwhile is explained by its 'close' event, not by a failed send. */
function tell(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => {});
}

function stop(child: ChildProcess, graceMilliseconds: number): void {
  tell(child, { kind: 'cancel' });
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMilliseconds);
  child.once('exit', () => clearTimeout(timer));
}

function death(
  name: string,
  code: number | null,
  signal: NodeJS.Signals | null,
  printed: ChildOutput,
): WorldError {
  const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
  const output = printed.said();
  const memory = outOfMemory.test(printed.all());
  const cause = memory ? 'it ran out of memory' : signal === null ? undefined : causes[signal];
  return new WorldError({
    what: `${name} died.`,
    expected: 'a result',
    found: `${end}${cause ? ` (${cause})` : ''}; its last output:\n${output || '(none)'}`,
    ...(memory && { remedy: 'give the machine more memory, or take smaller batches' }),
  });
}

/** As Node.js, C++ and TensorFlow say it. */
const outOfMemory =
  /heap out of memory|Fatal process OOM|std::bad_alloc|RESOURCE_EXHAUSTED|OOM when allocating/;

const causes: Partial<Record<NodeJS.Signals, string>> = {
  SIGKILL: 'killed, by hand or because memory ran out',
  SIGSEGV: 'a crash in native code',
  SIGABRT: 'native code gave up, often for want of memory',
};
