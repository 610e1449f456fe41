import { mkdir } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { explainFileError, privateFolder } from '@atelier/files';
import { endProcess, isRunning, signalProcess, withLock } from '@atelier/processes';
import { closeHome } from './close-home.ts';
import type { Log } from './command-log.ts';
import { ensureRootCredentials } from './local-credentials.ts';
import { keepsMetrics, withMetrics } from './metrics-port.ts';
import { makeBucket } from './minio-admin.ts';
import {
  announceChanges,
  planStack,
  runningPrograms,
  type StackOptions,
  withoutWorker,
  withWorkerOf,
  workerCommand,
} from './plan-stack.ts';
import { awaitFreePorts, chooseClosedPorts, choosePorts, type IsFree } from './ports.ts';
import { needSpace } from './provision/need-space.ts';
import { provideProgramsFor } from './provision/provision.ts';
import { reservePorts } from './reserve-ports.ts';
import type { ServiceSpec } from './service-spec.ts';
import {
  keepClosedRuns,
  LOCAL_REGION,
  registerSearchAttributes,
  s3Endpoint,
  temporalFolder,
} from './services.ts';
import {
  lockPath,
  portNumbers,
  readPlan,
  readRecord,
  type StackPlan,
  type StackPorts,
  sharedFolder,
  writePlan,
} from './stack-file.ts';
import { type StackState, stackState } from './stack-state.ts';
import { startSupervisor } from './start-supervisor.ts';
import { STOP_MS } from './stop-stack.ts';
import { makeIdentities, readIdentity } from './store-identities.ts';
import { waitUntilHealthy } from './wait-until-healthy.ts';

/** How long the recorded ports are waited for, should what held them have been killed just now. */
const PORTS_MS = 3_000;

export const USUAL_PORTS: StackPorts = {
  temporal: 7233,
  temporalUi: 8233,
  temporalHttp: 6665,
  temporalMetrics: 6666,
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
export async function ensureStack(options: StackOptions): Promise<StackState> {
  const { environment, log } = options;
  const { home } = environment;
  if (environment.temporal && environment.s3 && workerCommand(options) === undefined) {
    return stackState(environment);
  }
  try {
    await closeHome(home, log);
    await mkdir(temporalFolder(home), { recursive: true, mode: 0o700 });
    const wait = { onWait: waitingFor(log) };
    return await withLock(lockPath(home), () => ensureLocked(options), wait);
  } catch (error) {
    throw explainFileError(error, home, 'the state of the local stack (ATELIER_HOME moves it)');
  }
}

const byName = (specs: readonly ServiceSpec[]): ServiceSpec[] =>
  specs.toSorted((a, b) => a.name.localeCompare(b.name));

/** Makes this the plan of a stack whose supervisor runs, and tells it. */
async function follow(home: string, plan: StackPlan): Promise<void> {
  if (!isDeepStrictEqual(plan, await readPlan(home))) await writePlan(home, plan);
  const record = await readRecord(home);
  // Also where an earlier command wrote this plan and was killed before it could say so.
  const followed = record?.services.map(({ spec }) => spec) ?? [];
  if (record && !isDeepStrictEqual(byName(followed), byName(plan.services)))
    signalProcess(record.supervisor.pid, 'SIGHUP');
}

async function ensureLocked(options: StackOptions): Promise<StackState> {
  const { environment, log, searchAttributes } = options;
  const { home } = environment;
  const earlier = await readPlan(home);
  const record = await readRecord(home);
  const supervised = isRunning(record?.supervisor);
  const orphans = record?.services.some((service) => isRunning(service.process)) ?? false;
  // A stack whose supervisor was killed is taken over as it was.
  const running = supervised || orphans ? earlier : undefined;
  const ownedBy = options.ownedBy ?? (supervised ? earlier?.ownedBy : undefined);
  const root = await ensureRootCredentials(home);
  const kept = { root, running, ownedBy };
  const identity = () =>
    environment.s3 ?? readIdentity(home, environment.bucket, options.identity ?? 'writer');
  // A worker is started once there is an identity for it; one that runs goes on until then.
  const isKnown = identity() !== undefined;
  const first = (plan: StackPlan): StackPlan => (isKnown ? plan : withWorkerOf(running, plan));

  /** What the worker needs of the services, once they answer. */
  const prepare = async ({ services, ports }: StackPlan, started: boolean): Promise<void> => {
    if (environment.s3 === undefined) {
      const admin = { endpoint: s3Endpoint(ports), region: LOCAL_REGION, root };
      await makeIdentities(home, environment.bucket, admin);
      await makeBucket(admin, environment.bucket);
    }
    const temporal = services.find(({ name }) => name === 'temporal');
    if (!started || temporal === undefined) return;
    await registerSearchAttributes(temporal.command, ports, searchAttributes);
    await keepClosedRuns(temporal.command, ports);
  };

  const finish = async (plan: StackPlan, started: boolean): Promise<StackState> => {
    if (started || !isKnown) {
      await follow(home, first(plan));
      await waitUntilHealthy(home, withoutWorker(plan), log);
      await prepare(plan, started);
    }
    await follow(home, plan);
    const healthy = await waitUntilHealthy(home, plan, log);
    return stackState(environment, { plan, credentials: identity()!, record: healthy });
  };

  const portsOf =
    (plan: StackPlan) =>
    async (isFree: IsFree): Promise<StackPorts> => {
      const ports = hasDoor(plan) ? plan.ports : await movedPorts(plan)(isFree);
      return withMetrics(ports, options.metrics, isFree);
    };

  const reserve = async (choose: (isFree: IsFree) => Promise<StackPorts>): Promise<StackPorts> => {
    const shared = sharedFolder(environment);
    await privateFolder(shared, 'what stacks share, in the cache (XDG_CACHE_HOME moves it)');
    return reservePorts(shared, home, choose);
  };

  if (supervised && earlier && record) {
    const programs = runningPrograms(environment, earlier);
    const complete = programs ?? (await provideProgramsFor(environment, log));
    const stays = hasDoor(earlier) && keepsMetrics(earlier.ports, options.metrics);
    const ports = stays ? earlier.ports : await reserve(portsOf(earlier));
    const plan = planStack(options, { ...kept, programs: complete, ports });
    announceChanges(earlier, plan, log);
    return finish(plan, programs === undefined);
  }

  await needSpace(home, SPACE_FOR_STATE, 'ATELIER_HOME');
  const programs = await provideProgramsFor(environment, log);
  if (earlier && !orphans) await awaitFreePorts(portNumbers(earlier.ports), PORTS_MS);
  const ports = await reserve(async (isFree) => {
    if (running) return portsOf(running)(isFree);
    const ports = await freePorts(earlier?.ports ?? options.ports ?? USUAL_PORTS, isFree);
    return withMetrics(ports, options.metrics, isFree);
  });
  const plan = planStack(options, { ...kept, programs, ports });
  await writePlan(home, first(plan));
  log.info(`Starting the local stack${plan.borrowers ? ' for this command' : ''} …`);
  const supervisor = await startSupervisor(home);
  return finish(plan, true).catch(async (error) => {
    // What does not come up now is not left trying behind the person's back.
    await endProcess(supervisor, STOP_MS);
    throw error;
  });
}

async function freePorts(wanted: StackPorts, isFree: IsFree): Promise<StackPorts> {
  const { temporalHttp, temporalMetrics, workerMetrics, ...open } = wanted;
  const closed = { temporalHttp, temporalMetrics };
  return {
    ...(await choosePorts(open, isFree)),
    ...(await chooseClosedPorts(closed, isFree)),
    ...(workerMetrics !== undefined && { workerMetrics }),
  };
}

const hasDoor = ({ services }: StackPlan): boolean => services.some(({ name }) => name === 'ui');

/** A stack from before the UI had a door has more where browsers reach it: that moves. */
const movedPorts =
  ({ ports: { temporalHttp, temporalMetrics, ...ports } }: StackPlan) =>
  async (isFree: IsFree): Promise<StackPorts> => ({
    ...ports,
    ...(await chooseClosedPorts({ temporalHttp, temporalMetrics }, isFree)),
  });

const waitingFor =
  (log: Log) =>
  ({ pid }: { pid: number }): void =>
    log.info(`Process ${pid} is starting a stack; waiting for it …`);
