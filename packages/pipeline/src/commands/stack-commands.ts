import { type AtelierEnvironment, readEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import {
  ensureStack,
  formatSection,
  idleSchedules,
  type NightProblem,
  runDoctor,
  type StackState,
  type StackStatus,
  stackLogs,
  stackStatus,
  stopStack,
} from '@atelier/infra';
import { localMetricsPort, metricsAddress } from '../telemetry/metrics-address.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage, CommandFailure, exitCodes, onInterrupt } from '../terminal/exit.ts';
import { wrap } from '../terminal/text.ts';

/** @param metrics where the worker serves metrics from now on; `off`: nowhere */
export async function up(metrics: string | undefined, console: Console): Promise<void> {
  const port = await asUsage(() => localMetricsPort(metrics));
  const environment = readEnvironment();
  const log = { info: console.line, warn: console.warn };
  const { localSearchAttributes: searchAttributes } = await import('../searchable.ts');
  const asked = { environment, log, worker: true, searchAttributes, metrics: port };
  showAddresses(await ensureStack(asked), console);
}

export async function down(console: Console): Promise<void> {
  const environment = readEnvironment();
  await lookForSchedules(environment);
  const log = { info: console.line, warn: console.warn };
  await stopStack({ environment, log });
  warnOfIdleSchedules(await stackStatus(environment), console);
}

/** Says what runs, and what therefore does not happen. */
export async function status(json: boolean, console: Console): Promise<void> {
  const environment = readEnvironment();
  await lookForSchedules(environment);
  const found = await stackStatus(environment);
  const { condition, services, state, directory, schedules } = found;
  const nights = await problemsOfNights(environment, found);
  if (json)
    return console.result(JSON.stringify({ condition, services, directory, schedules, nights }));
  console.line(`The stack is ${condition} (${directory})`);
  for (const { name, status: how, pid, restarts, lastDeath } of services) {
    const process = pid === undefined ? '' : `pid ${pid}`;
    const again =
      restarts > 0
        ? `restarted ${restarts === 1 ? 'once' : `${restarts} times`}; ${lastDeath ?? ''}`
        : '';
    console.line(`  ${name.padEnd(10)} ${how.padEnd(11)} ${process.padEnd(12)} ${again}`.trimEnd());
  }
  const runs = (wanted: string) => services.some(({ name, pid }) => name === wanted && pid);
  if (runs('temporal') && !runs('worker'))
    console.line('  worker     none        runs wait for one: `npx atelier up`');
  if (state) showAddresses(state, console);
  warnOfIdleSchedules(found, console);
  for (const { found: what, remedy } of nights) console.warn(`! ${what}.\n  ${remedy}.`);
}

/** Without Temporal's client, see below, where Temporal does not run. */
async function problemsOfNights(
  environment: AtelierEnvironment,
  found: StackStatus,
): Promise<NightProblem[]> {
  const { schedules, lastRan } = found;
  if (lastRan !== undefined)
    return (await import('../nights/stopped-nights.ts')).stoppedNights(schedules, lastRan);
  if (schedules.length === 0) return [];
  return (await import('../connections.ts')).connections.nights(environment, found);
}

/** Temporal's client takes a second to load, so only where there is a Temporal to ask. */
async function lookForSchedules(environment: AtelierEnvironment): Promise<void> {
  const { services, state } = await stackStatus(environment);
  const here = services.some(({ name, status: how }) => name === 'temporal' && how === 'healthy');
  if (!here || state === undefined || environment.temporal !== undefined) return;
  await (await import('./schedule-note.ts')).lookForSchedules(environment, state);
}

function warnOfIdleSchedules(found: StackStatus, console: Console): void {
  for (const idle of idleSchedules(found))
    console.warn(`! The schedule ${idle}. \`npx atelier up\` starts what it needs.`);
}

export interface LogsOptions {
  follow?: boolean;
  lines: number;
}

export async function logs(
  service: string | undefined,
  { follow = false, lines }: LogsOptions,
  console: Console,
): Promise<void> {
  onInterrupt(() => process.exit(exitCodes.interrupted));
  const environment = readEnvironment();
  const wanted = { environment, follow, lines, ...(service === undefined ? {} : { service }) };
  for await (const { service: name, text } of stackLogs(wanted))
    console.result(service === undefined ? `${name.padEnd(10)} ${text}` : text);
}

function showAddresses({ temporal, s3, metricsUrl }: StackState, console: Console): void {
  console.line(`  Temporal   ${temporal.uiUrl ?? temporal.address}`);
  console.line(`  storage    ${s3.consoleUrl ?? s3.endpoint} (bucket ${s3.bucket})`);
  if (metricsUrl !== undefined) console.line(`  metrics    ${metricsUrl}`);
}

/** Checks everything that Atelier needs. @throws CommandFailure where something is missing */
export async function doctor(console: Console): Promise<void> {
  const { connections } = await import('../connections.ts');
  let failures = 0;
  for await (const section of runDoctor(readEnvironment(), connections)) {
    console.line(wrap(formatSection(section), console.columns));
    console.line();
    failures += section.checks.filter(({ status: how }) => how === 'failed').length;
  }
  if (failures > 0) throw new CommandFailure(`${failures} of the checks failed, see above.`);
}

/** Serves task queues in the foreground, e.g. on a machine with a GPU. */
export async function worker(roles: string, metrics: string | undefined): Promise<void> {
  const { workerRoles } = await import('../worker/run-workers.ts');
  const chosen = await asUsage(() =>
    roles.split(',').map((name) => {
      const role = workerRoles.find((known) => known === name.trim());
      if (role !== undefined) return role;
      throw new UserError({
        what: 'There is no such role.',
        where: '--roles',
        expected: workerRoles.join(', '),
        found: JSON.stringify(name),
      });
    }),
  );
  const address = await asUsage(() => metricsAddress(metrics));
  const environment = readEnvironment();
  const { state } = await stackStatus(environment, 'writer');
  const { serve } = await import('../worker/serve.ts');
  await serve(environment, { roles: chosen, metrics: address }, state);
}
