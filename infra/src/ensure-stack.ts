import { mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AtelierEnvironment } from '@atelier/environment';
import { explainFileError } from '@atelier/files';
import {
  endProcess,
  isRunning,
  type RecordedProcess,
  signalProcess,
  withLock,
} from '@atelier/processes';
import { ensureCredentials } from './local-credentials.ts';
import type { Log } from './log.ts';
import { awaitFreePorts, choosePorts } from './ports.ts';
import { needSpace } from './provision/need-space.ts';
import { type Programs, provideProgramsFor } from './provision/programs.ts';
import { isSameService, type ServiceSpec } from './service.ts';
import {
  atelierWorker,
  minioService,
  registerSearchAttributes,
  type SearchAttributes,
  temporalFolder,
  temporalService,
  type WorkerCommand,
  workerService,
} from './services.ts';
import { readPlan, readRecord, type StackPlan, type StackPorts, writePlan } from './stack-file.ts';
import { type StackState, stackState } from './stack-state.ts';
import { startSupervisor } from './start-supervisor.ts';
import { STOP_MS } from './stop-stack.ts';
import { waitUntilHealthy } from './wait-until-healthy.ts';

/** How long the recorded ports are waited for, should what held them have been killed just now. */
const PORTS_MS = 3_000;

export interface EnsureStackOptions {
  environment: AtelierEnvironment;
  log: Log;
  /** Whether a worker shall run; a command takes the place of Atelier's own worker. */
  worker: boolean | WorkerCommand;
  /** What the workflows on a local Temporal can be searched by. */
  searchAttributes: SearchAttributes;
  /** For a test's stack: the process with which it ends. */
  ownedBy?: RecordedProcess;
  /** Where the search for ports begins. */
  ports?: StackPorts;
  /** A stack that is started only now ends with this process; see borrowStack. */
  borrower?: RecordedProcess;
}

export const USUAL_PORTS: StackPorts = {
  temporal: 7233,
  temporalUi: 8233,
  temporalHttp: 7243,
  temporalMetrics: 7244,
  s3: 9000,
  s3Console: 9001,
};

/** A default run: 120 checkpoints of 2 MB, the dataset, and the services' own files. */
const SPACE_FOR_STATE = 500e6;

/**
 * Makes sure that the local stack runs as this environment asks, and says where its services are.
 * Starts nothing that is configured to be elsewhere. Safe to call from several processes at once;
 * when all runs already, it takes some milliseconds.
 * @throws UserError where a person has to mend something, WorldError where trying again may do
 */
export async function ensureStack(options: EnsureStackOptions): Promise<StackState> {
  const { environment, log } = options;
  const { home } = environment;
  const worker = workerCommand(options);
  if (environment.temporal && environment.s3 && worker === undefined) {
    return stackState(environment);
  }
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    await mkdir(temporalFolder(home), { recursive: true });
    const wait = { onWait: waitingFor(log) };
    return await withLock(join(home, 'stack.lock'), () => ensureLocked(options, worker), wait);
  } catch (error) {
    throw explainFileError(error, home, 'the state of the local stack (ATELIER_HOME moves it)');
  }
}

const byName = (specs: readonly ServiceSpec[]): ServiceSpec[] =>
  specs.toSorted((a, b) => a.name.localeCompare(b.name));

async function ensureLocked(
  options: EnsureStackOptions,
  worker: WorkerCommand | undefined,
): Promise<StackState> {
  const { environment, log, searchAttributes } = options;
  const { home } = environment;
  const earlier = await readPlan(home);
  const record = await readRecord(home);
  const supervised = isRunning(record?.supervisor);
  const orphans = record?.services.some((service) => isRunning(service.process)) ?? false;
  // A stack whose supervisor was killed is taken over as it was.
  const running = supervised || orphans ? earlier : undefined;
  const credentials = await ensureCredentials(home);

  const planWith = (programs: Programs, ports: StackPorts): StackPlan => {
    const services: ServiceSpec[] = [];
    if (programs.temporal)
      services.push(temporalService(home, programs.temporal, ports, searchAttributes));
    if (programs.minio) services.push(minioService(home, programs.minio, ports, credentials));
    const keptWorker = running?.services.find(({ name }) => name === 'worker');
    if (worker) services.push(workerService(environment, worker, ports));
    else if (keptWorker) services.push(keptWorker);
    const ownedBy = options.ownedBy ?? (supervised ? earlier?.ownedBy : undefined);
    const borrowers = borrowersOf(options.borrower, running);
    return {
      ...{ schemaVersion: 1, ports, services },
      ...(ownedBy && { ownedBy }),
      ...(borrowers && { borrowers }),
    };
  };

  const finish = async (plan: StackPlan, started: boolean): Promise<StackState> => {
    const healthy = await waitUntilHealthy(home, plan, log);
    const temporal = plan.services.find(({ name }) => name === 'temporal');
    if (started && temporal)
      await registerSearchAttributes(temporal.command, plan.ports, searchAttributes);
    return stackState(environment, { plan, credentials, record: healthy });
  };

  if (supervised && earlier && record) {
    const programs = runningPrograms(environment, earlier);
    const complete = programs ?? (await provideProgramsFor(environment, log));
    const plan = planWith(complete, earlier.ports);
    if (!isDeepStrictEqual(plan, earlier)) {
      announceChanges(earlier, plan, log);
      await writePlan(home, plan);
    }
    // Also where an earlier command wrote this plan and was killed before it could say so.
    const followed = record.services.map(({ spec }) => spec);
    if (!isDeepStrictEqual(byName(followed), byName(plan.services)))
      signalProcess(record.supervisor.pid, 'SIGHUP');
    return finish(plan, programs === undefined);
  }

  await needSpace(home, SPACE_FOR_STATE, 'ATELIER_HOME');
  const programs = await provideProgramsFor(environment, log);
  // Ports are free until someone listens: hold other checkouts back until these services do.
  return withLock(
    join(tmpdir(), `atelier-ports-${userInfo().uid}.lock`),
    async () => {
      const wanted = earlier?.ports ?? options.ports ?? USUAL_PORTS;
      if (earlier && !orphans) await awaitFreePorts(Object.values(earlier.ports), PORTS_MS);
      const ports = orphans ? wanted : await choosePorts(wanted);
      const plan = planWith(programs, ports);
      await writePlan(home, plan);
      log.info(`Starting the local stack${plan.borrowers ? ' for this command' : ''} …`);
      const supervisor = await startSupervisor(home);
      return finish(plan, true).catch(async (error) => {
        // What does not come up now is not left trying behind the person's back.
        await endProcess(supervisor, STOP_MS);
        throw error;
      });
    },
    { onWait: waitingFor(log) },
  );
}

function workerCommand({ environment, worker }: EnsureStackOptions): WorkerCommand | undefined {
  if (typeof worker === 'object') return worker;
  return worker && environment.localWorker ? atelierWorker(environment) : undefined;
}

/**
 * A stack that stays is not borrowed. Whoever asks for one that stays makes a borrowed one stay.
 * @param running the plan of the stack that runs
 */
function borrowersOf(
  borrower: RecordedProcess | undefined,
  running: StackPlan | undefined,
): RecordedProcess[] | undefined {
  if (borrower === undefined || (running && !running.borrowers)) return undefined;
  const others = running?.borrowers ?? [];
  return [...others.filter(({ pid }) => pid !== borrower.pid), borrower];
}

/** The programs of a running stack, unless it lacks one that is needed now. */
function runningPrograms(environment: AtelierEnvironment, plan: StackPlan): Programs | undefined {
  const commandOf = (name: string): string | undefined =>
    plan.services.find((service) => service.name === name)?.command;
  const temporal = environment.temporal ? undefined : commandOf('temporal');
  const minio = environment.s3 ? undefined : commandOf('minio');
  if (!environment.temporal && !temporal) return undefined;
  if (!environment.s3 && !minio) return undefined;
  return { ...(temporal && { temporal }), ...(minio && { minio }) };
}

function announceChanges(earlier: StackPlan, plan: StackPlan, log: Log): void {
  const before = new Map(earlier.services.map((spec) => [spec.name, spec]));
  for (const spec of plan.services) {
    const old = before.get(spec.name);
    if (old === undefined || isSameService(old, spec)) continue;
    log.info(`Restarting the ${spec.name}: ${describeChange(old, spec)}.`);
  }
}

/** Variables by name only: their values may be secrets. */
function describeChange(old: ServiceSpec, spec: ServiceSpec): string {
  if (old.version !== spec.version) return 'the code changed';
  const names = Object.keys({ ...old.variables, ...spec.variables })
    .filter((name) => old.variables[name] !== spec.variables[name])
    .sort();
  return names.length === 0 ? 'its settings changed' : `its settings changed (${names.join(', ')})`;
}

const waitingFor =
  (log: Log) =>
  ({ pid }: { pid: number }): void =>
    log.info(`Process ${pid} is starting a stack; waiting for it …`);
