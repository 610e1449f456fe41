import type { AtelierEnvironment, S3Settings, ServiceAddresses } from '@atelier/environment';
import { isExplained } from '@atelier/errors';
import { USUAL_PORTS } from '../ensure-stack.ts';
import { isPortFree } from '../ports.ts';
import { portNumbers } from '../stack-file.ts';
import {
  describeSchedule,
  idleSchedules,
  type NightProblem,
  type StackStatus,
  stackStatus,
} from '../stack-status.ts';
import { type Check, failed, guarded, ok, warning } from './check.ts';

/**
 * How Atelier's own clients reach the services: nothing else shows whether they can, since they
 * take proxies, certificates and credentials by rules of their own. Each says in words what
 * answered, or throws a UserError or a WorldError.
 */
export interface Connections {
  temporal(environment: AtelierEnvironment, addresses?: ServiceAddresses): Promise<string>;
  s3(settings: S3Settings): Promise<string>;
  /** What is not right with the nights of schedules; nothing where Temporal cannot be asked. */
  nights(environment: AtelierEnvironment, status: StackStatus): Promise<NightProblem[]>;
}

/** The local stack, its ports, and the way to the services wherever they are. */
export async function checkServices(
  environment: AtelierEnvironment,
  connections: Connections,
): Promise<Check[]> {
  const status = await stackStatus(environment);
  return [
    checkStack(environment, status),
    ...checkSchedules(status),
    ...(await checkNights(environment, status, connections)),
    ...(await checkPorts(environment, status)),
    await guarded('Connection to Temporal', () => checkTemporal(environment, status, connections)),
    await guarded('Connection to S3', () => checkS3(environment, status, connections)),
  ];
}

function checkStack(environment: AtelierEnvironment, status: StackStatus): Check {
  const name = 'Local stack';
  if (status.condition === 'running') {
    const services = status.services.map((service) => service.name);
    const found = `running: ${services.join(', ')}`;
    if (services.includes('worker') || !environment.localWorker) return ok(name, found);
    return warning(name, `${found}; no worker: runs wait`, '`npx atelier up` starts one');
  }
  if (status.condition === 'external') return ok(name, 'not needed: all services are external');
  if (status.condition === 'stopped') return ok(name, 'stopped; it starts when it is needed');
  if (status.condition === 'orphaned') {
    return failed(name, 'its supervisor was killed', '`npx atelier up` takes its services over');
  }
  const ill = status.services.filter((service) => service.status !== 'healthy');
  const found = ill.map((service) => `${service.name} is ${service.status}`).join(', ');
  return failed(name, found, `Look into \`npx atelier logs\` (${environment.home}/logs).`);
}

function checkSchedules(status: StackStatus): Check[] {
  const { schedules } = status;
  const name = schedules.length > 1 ? 'Schedules' : 'Schedule';
  const idle = idleSchedules(status);
  if (idle.length > 0)
    return [warning(name, idle.join('\n'), '`npx atelier up` starts what they need')];
  const found = schedules.map((one) => `${describeSchedule(one)}${one.paused ? ', paused' : ''}`);
  return schedules.length > 0 ? [ok(name, found.join('\n'))] : [];
}

async function checkNights(
  environment: AtelierEnvironment,
  status: StackStatus,
  { nights }: Connections,
): Promise<Check[]> {
  const problems = await nights(environment, status);
  return problems.map(({ found, remedy }) => warning('Nights', found, remedy));
}

/** Other ports are taken when these are not free, so this is for information. */
async function checkPorts(environment: AtelierEnvironment, status: StackStatus): Promise<Check[]> {
  if (status.condition !== 'stopped' || (environment.temporal && environment.s3)) return [];
  const ports = portNumbers(USUAL_PORTS);
  const free = await Promise.all(ports.map(isPortFree));
  const taken = ports.filter((_, i) => !free[i]);
  const found = taken.length === 0 ? 'the usual ones are free' : `taken: ${taken.join(', ')}`;
  if (taken.length === 0) return [ok('Ports', found)];
  return [ok('Ports', `${found}; the stack will use others`)];
}

async function checkTemporal(
  environment: AtelierEnvironment,
  { state }: StackStatus,
  { temporal }: Connections,
): Promise<Check> {
  const name = 'Connection to Temporal';
  if (environment.temporal === undefined && state === undefined) return stopped(name);
  try {
    return ok(name, await temporal(environment, state));
  } catch (error) {
    const local =
      'Look into `npx atelier logs temporal`; `npx atelier down` and `up` start it anew.';
    return unreached(name, error, environment.temporal ? undefined : local);
  }
}

async function checkS3(
  environment: AtelierEnvironment,
  { state }: StackStatus,
  { s3 }: Connections,
): Promise<Check> {
  const name = 'Connection to S3';
  const settings = environment.s3 ?? state?.s3;
  if (settings === undefined) return stopped(name);
  try {
    return ok(name, await s3(settings));
  } catch (error) {
    const local = 'Look into `npx atelier logs minio`; `npx atelier down` and `up` start it anew.';
    return unreached(name, error, environment.s3 ? undefined : local);
  }
}

const stopped = (name: string): Check => ok(name, 'not tried: the local stack is stopped');

/** @param local what to do about a service of the local stack; else the error says it */
function unreached(name: string, error: unknown, local: string | undefined): Check {
  if (!isExplained(error)) throw error;
  const { what, where, found, remedy } = error.failure;
  const told = [where, found ?? what].filter(Boolean).join(': ');
  return failed(name, told, local ?? remedy ?? 'Check its address, and that the service runs.');
}
