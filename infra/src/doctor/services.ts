import { connect } from 'node:net';
import type { AtelierEnvironment, S3Settings } from '@atelier/environment';
import { USUAL_PORTS } from '../ensure-stack.ts';
import { isPortFree } from '../ports.ts';
import { describeSchedule, idleSchedule, type StackStatus, stackStatus } from '../stack-status.ts';
import { type Check, failed, guarded, ok, warning } from './check.ts';

const TIMEOUT_MS = 5_000;
const TEMPORAL = 'Connection to Temporal';

/** The local stack, its ports, and the way to the services wherever they are. */
export async function checkServices(environment: AtelierEnvironment): Promise<Check[]> {
  const status = await stackStatus(environment);
  return [
    checkStack(environment, status),
    ...checkSchedule(status),
    ...(await checkPorts(environment, status)),
    await guarded(TEMPORAL, () => checkTemporal(environment, status)),
    await checkS3(environment, status),
  ];
}

function checkStack(environment: AtelierEnvironment, status: StackStatus): Check {
  const name = 'Local stack';
  if (status.condition === 'running') {
    const services = status.services.map((service) => service.name).join(', ');
    return ok(name, `running: ${services}`);
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

function checkSchedule(status: StackStatus): Check[] {
  const { schedule } = status;
  if (schedule === undefined) return [];
  const idle = idleSchedule(status);
  const name = 'Schedule';
  if (idle !== undefined) return [warning(name, idle, '`npx atelier up` starts what it needs')];
  return [ok(name, describeSchedule(schedule))];
}

/** Other ports are taken when these are not free, so this is for information. */
async function checkPorts(environment: AtelierEnvironment, status: StackStatus): Promise<Check[]> {
  if (status.condition !== 'stopped' || (environment.temporal && environment.s3)) return [];
  const ports = Object.values(USUAL_PORTS);
  const free = await Promise.all(ports.map(isPortFree));
  const taken = ports.filter((_, i) => !free[i]);
  const found = taken.length === 0 ? 'the usual ones are free' : `taken: ${taken.join(', ')}`;
  if (taken.length === 0) return [ok('Ports', found)];
  return [ok('Ports', `${found}; the stack will use others`)];
}

async function checkTemporal(environment: AtelierEnvironment, status: StackStatus): Promise<Check> {
  const name = TEMPORAL;
  const { temporal } = environment;
  if (temporal && !temporal.address) {
    const source = temporal.profile ? `profile ${temporal.profile}` : temporal.configFile;
    return warning(name, `not tried: ${source} names the address`, '`npx atelier runs` tries it');
  }
  const address = temporal?.address ?? status.state?.temporal.address;
  if (address === undefined) return ok(name, 'not tried: the local stack is stopped');
  const problem = await tcpProblem(address);
  if (problem === undefined) return ok(name, address);
  return failed(
    name,
    `${address}: ${problem}`,
    temporal
      ? 'Check TEMPORAL_ADDRESS, and that the service runs and is reachable from here.'
      : 'Look into `npx atelier logs temporal`; `npx atelier down` and `up` start it anew.',
  );
}

async function checkS3(environment: AtelierEnvironment, status: StackStatus): Promise<Check> {
  const name = 'Connection to S3';
  const s3: S3Settings | undefined = environment.s3 ?? status.state?.s3;
  if (s3 === undefined) return ok(name, 'not tried: the local stack is stopped');
  try {
    // Any answer will do: without a signature it is a refusal.
    const response = await fetch(s3.endpoint, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return ok(name, `${s3.endpoint}, bucket ${s3.bucket}`);
  } catch (error) {
    const { message, cause } = error as Error;
    const found = cause instanceof Error ? cause.message : message;
    return failed(
      name,
      `${s3.endpoint}: ${found}`,
      environment.s3
        ? 'Check ATELIER_S3_ENDPOINT, and that the service runs and is reachable from here.'
        : 'Look into `npx atelier logs minio`; `npx atelier down` and `up` start it anew.',
    );
  }
}

/** Why no connection to host:port comes about; undefined when one does. */
function tcpProblem(address: string): Promise<string | undefined> {
  const separator = address.lastIndexOf(':');
  const host = address.slice(0, separator);
  const port = Number(address.slice(separator + 1));
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const settle = (problem?: string): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.once('connect', () => settle());
    socket.once('timeout', () => settle(`no answer within ${TIMEOUT_MS / 1000} s`));
    socket.once('error', (error) => settle(error.message));
  });
}
