import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  endProcess,
  isRunning,
  type RecordedProcess,
  recordProcess,
  signalProcess,
} from '@atelier/processes';
import { HEALTHY_AFTER_MS, restartDelayMs } from './backoff.ts';
import { isHealthy } from './health.ts';
import type { ServiceSpec } from './service-spec.ts';
import type { ServiceStatus } from './stack-file.ts';
import { startService } from './start-service.ts';

export interface Keeper {
  readonly spec: ServiceSpec;
  status(): ServiceStatus;
  /** Ends the service and resolves when it is gone. */
  stop(): Promise<void>;
}

export interface KeeperOptions {
  logPath: string;
  /** A process of this very service that an earlier supervisor left behind. */
  adopt?: RecordedProcess;
  /** Resolves when all that the service comes after answers. */
  ready: (signal: AbortSignal) => Promise<void>;
  onChange: () => void;
  say: (text: string) => void;
}

/** A process that cannot be asked counts as healthy once it has lived this long. */
const SETTLED_MS = 1_000;

/** Runs one service until it is told to stop: starts it, watches it, starts it again when it dies. */
export function keep(spec: ServiceSpec, options: KeeperOptions): Keeper {
  const { onChange, say } = options;
  const stopping = new AbortController();
  const state: ServiceStatus = {
    name: spec.name,
    status: 'waiting',
    restarts: 0,
    failures: 0,
    spec,
  };
  const change = (patch: Partial<ServiceStatus>): void => {
    Object.assign(state, patch);
    onChange();
  };

  const finished = run();

  async function run(): Promise<void> {
    let adopted = options.adopt;
    while (!stopping.signal.aborted) {
      const death = adopted ? await watchAdopted(adopted) : await runOnce();
      adopted = undefined;
      if (stopping.signal.aborted) break;
      const failures = state.failures + 1;
      const delay = restartDelayMs(failures);
      say(`${spec.name} ${death}; starting it again in ${delay / 1000} s`);
      delete state.process;
      const restarts = state.restarts + 1;
      change({ status: 'restarting', lastDeath: death, failures, restarts });
      await sleep(delay, undefined, { signal: stopping.signal }).catch(() => {});
    }
    delete state.process;
    change({ status: 'stopped' });
  }

  /** Resolves with how the process ended. */
  async function runOnce(): Promise<string> {
    change({ status: 'waiting' });
    await options.ready(stopping.signal).catch(() => {});
    if (stopping.signal.aborted) return 'was not started';
    const child = await startService(spec, options.logPath, say);
    if (typeof child === 'string') return child;
    const recorded = recordProcess(child.pid as number);
    say(`${spec.name} started, pid ${child.pid}`);
    change({
      status: 'starting',
      startedAt: new Date().toISOString(),
      ...(recorded && { process: recorded }),
    });
    const gone = ended(child).then((death) => {
      // The leader is dead this very moment, so its group's number is still its own.
      signalProcess(-(child.pid as number), 'SIGKILL');
      return death;
    });
    return watch(recorded, gone);
  }

  /** There is no exit event of a process that is not our child. */
  async function watchAdopted(recorded: RecordedProcess): Promise<string> {
    say(`${spec.name} runs already, pid ${recorded.pid}`);
    change({ status: 'starting', process: recorded });
    const gone = (async () => {
      while (isRunning(recorded)) await sleep(250);
      return 'ended';
    })();
    return watch(recorded, gone);
  }

  async function watch(recorded: RecordedProcess | undefined, gone: Promise<string>) {
    const watching = new AbortController();
    const stop = (): void => {
      if (recorded) void endProcess(recorded, spec.graceMs);
    };
    stopping.signal.addEventListener('abort', stop, { once: true });
    if (stopping.signal.aborted) stop();
    void watchHealth(watching.signal, performance.now());
    const death = await gone;
    watching.abort();
    stopping.signal.removeEventListener('abort', stop);
    return death;
  }

  async function watchHealth(signal: AbortSignal, since: number): Promise<void> {
    let healthySince: number | undefined;
    while (!signal.aborted) {
      const settled = spec.health.kind !== 'running' || performance.now() - since > SETTLED_MS;
      const healthy = settled && (await isHealthy(spec.health));
      if (signal.aborted) return;
      const status = healthy ? 'healthy' : state.status === 'starting' ? 'starting' : 'unhealthy';
      if (status !== state.status) {
        say(`${spec.name} is ${status}`);
        change({ status });
      }
      healthySince = healthy ? (healthySince ?? performance.now()) : undefined;
      if (state.failures > 0 && lasts(healthySince)) change({ failures: 0 });
      const pause = status === 'healthy' ? 5_000 : 100;
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }

  return {
    spec,
    status: () => structuredClone(state),
    async stop() {
      stopping.abort();
      await finished;
    },
  };
}

const lasts = (healthySince: number | undefined): boolean =>
  healthySince !== undefined && performance.now() - healthySince >= HEALTHY_AFTER_MS;

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    const tell = (code: number | null, signal: NodeJS.Signals | null): void =>
      resolve(signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`);
    child.once('exit', tell);
    // It may have ended while its log was being closed; then there is no event any more.
    const { exitCode, signalCode } = child;
    if (exitCode !== null || signalCode !== null) tell(exitCode, signalCode);
  });
}
