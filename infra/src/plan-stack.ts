import type { AtelierEnvironment, Credentials } from '@atelier/environment';
import type { RecordedProcess } from '@atelier/processes';
import type { Log } from './command-log.ts';
import type { Programs } from './provision/provision.ts';
import { isSameService, type ServiceSpec } from './service-spec.ts';
import {
  atelierWorker,
  minioService,
  type SearchAttributes,
  temporalService,
  uiService,
  type WorkerCommand,
  workerService,
} from './services.ts';
import type { StackPlan, StackPorts } from './stack-file.ts';
import type { StoreRole } from './store-identities.ts';

/** What is asked of a stack. */
export interface StackOptions {
  environment: AtelierEnvironment;
  log: Log;
  /** Whether a worker shall run; a command takes the place of Atelier's own worker. */
  worker: boolean | WorkerCommand;
  /** What the workflows on a local Temporal can be searched by. */
  searchAttributes: SearchAttributes;
  /**
   * The port of this machine at which the worker serves metrics, or none from now on; unless given,
   * it stays as it was.
   */
  metrics?: number | 'off' | undefined;
  /** The identity in the local store that is asked for; the writer's unless given. */
  identity?: StoreRole;
  /** For a test's stack: the process with which it ends. */
  ownedBy?: RecordedProcess;
  /** Where the search for ports begins. */
  ports?: StackPorts;
  /** A stack that is started only now ends with this process; see borrowStack. */
  borrower?: RecordedProcess;
}

/** The command of the worker that shall run; undefined where none shall. */
export function workerCommand({ environment, worker }: StackOptions): WorkerCommand | undefined {
  if (typeof worker === 'object') return worker;
  return worker && environment.localWorker ? atelierWorker(environment) : undefined;
}

/** What the plan of a stack is made of, besides what is asked of it. */
export interface PlanParts {
  programs: Programs;
  ports: StackPorts;
  /** The identity that MinIO is started with. */
  root: Credentials;
  /** The plan of the stack that runs already, also without its supervisor. */
  running?: StackPlan | undefined;
  /** The process with which the stack ends: a new supervisor is told of it again. */
  ownedBy?: RecordedProcess | undefined;
}

/** Works out what shall run. What runs already and is not asked for now, a worker, stays. */
export function planStack(
  options: StackOptions,
  { programs, ports, root, running, ownedBy }: PlanParts,
): StackPlan {
  const { environment, searchAttributes } = options;
  const { home } = environment;
  const services: ServiceSpec[] = [];
  if (programs.temporal)
    services.push(
      temporalService(home, programs.temporal, ports, searchAttributes),
      uiService(home, ports),
    );
  if (programs.minio) services.push(minioService(home, programs.minio, ports, root));
  const worker = workerCommand(options);
  const kept = running?.services.find(({ name }) => name === 'worker');
  if (worker) services.push(workerService(environment, worker, ports));
  else if (kept) services.push(kept);
  const borrowers = borrowersOf(options.borrower, running);
  return {
    ...{ schemaVersion: 1, ports, services },
    ...(ownedBy && { ownedBy }),
    ...(borrowers && { borrowers }),
  };
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

/** The same plan with the worker that runs, or with none. */
export const withWorkerOf = (running: StackPlan | undefined, plan: StackPlan): StackPlan => ({
  ...plan,
  services: [...withoutWorker(plan).services, ...(running?.services.filter(isWorker) ?? [])],
});

/** The services that a worker comes after. */
export const withoutWorker = (plan: StackPlan): StackPlan => ({
  ...plan,
  services: plan.services.filter((spec) => !isWorker(spec)),
});

const isWorker = ({ name }: ServiceSpec): boolean => name === 'worker';

/** The programs of a running stack, unless it lacks one that is needed now. */
export function runningPrograms(
  environment: AtelierEnvironment,
  plan: StackPlan,
): Programs | undefined {
  const commandOf = (name: string): string | undefined =>
    plan.services.find((service) => service.name === name)?.command;
  const temporal = environment.temporal ? undefined : commandOf('temporal');
  const minio = environment.s3 ? undefined : commandOf('minio');
  if (!environment.temporal && !temporal) return undefined;
  if (!environment.s3 && !minio) return undefined;
  return { ...(temporal && { temporal }), ...(minio && { minio }) };
}

/** Says which services are started again, and why. */
export function announceChanges(earlier: StackPlan, plan: StackPlan, log: Log): void {
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
