import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AtelierEnvironment, Credentials } from '@atelier/environment';
import { programArguments } from '@atelier/programs';
import { codeVersion } from './code-version.ts';
import { CLOSED_TO_BROWSERS } from './ports.ts';
import { runCommand } from './provision/run-command.ts';
import type { ServiceSpec } from './service-spec.ts';
import type { StackPorts } from './stack-file.ts';
import { identityPath } from './store-identities.ts';

/** By name, the type of every search attribute that the workflows on this stack set. */
export type SearchAttributes = Readonly<Record<string, 'Keyword' | 'Double'>>;

const HOST = '127.0.0.1';
export const LOCAL_REGION = 'us-east-1';
export const LOCAL_NAMESPACE = 'default';

export const temporalAddress = (ports: StackPorts): string => `${HOST}:${ports.temporal}`;
export const temporalUiUrl = (ports: StackPorts): string => `http://${HOST}:${ports.temporalUi}`;
export const s3Endpoint = (ports: StackPorts): string => `http://${HOST}:${ports.s3}`;
export const metricsUrl = (port: number): string => `http://${HOST}:${port}/metrics`;
export const s3ConsoleUrl = (ports: StackPorts): string => `http://${HOST}:${ports.s3Console}`;

/** Has to exist before the server starts. */
export const temporalFolder = (home: string): string => join(home, 'temporal');

/**
 * Where Temporal's own UI listens, which answers every page that finds it: see `uiService`. The port
 * is closed to browsers; of its own, as that of the door is, is the address (Linux has all of
 * 127.0.0.0/8).
 */
const bareUi = ({ temporalUi }: StackPorts): { host: string; port: number } => ({
  host: `127.1.${temporalUi >> 8}.${temporalUi & 0xff}`,
  port: CLOSED_TO_BROWSERS[0]!,
});

/**
 * Temporal's development server with its state in one SQLite file. It opens its HTTP API and its
 * metrics in any case, on ports of its own choosing where none are named. Nobody here asks them: the
 * API gets no host that it would answer to, and both get ports that browsers do not connect to
 * (docs/decisions/0022-closed-to-web-pages.md).
 */
export function temporalService(
  home: string,
  binary: string,
  ports: StackPorts,
  searchAttributes: SearchAttributes,
): ServiceSpec {
  const ui = bareUi(ports);
  const attributes = Object.entries(searchAttributes).flatMap(([name, type]) => [
    '--search-attribute',
    `${name}=${type}`,
  ]);
  return {
    name: 'temporal',
    command: binary,
    args: [
      ...['server', 'start-dev', '--db-filename', join(temporalFolder(home), 'temporal.db')],
      ...['--ip', HOST, '--port', `${ports.temporal}`],
      ...['--http-port', `${ports.temporalHttp}`, '--metrics-port', `${ports.temporalMetrics}`],
      ...['--dynamic-config-value', 'frontend.httpAllowedHosts=["none.invalid"]'],
      ...['--ui-ip', ui.host, '--ui-port', `${ui.port}`, '--ui-disable-news-fetch'],
      ...['--log-level', 'warn', ...attributes],
    ],
    cwd: home,
    variables: {},
    health: {
      kind: 'grpc',
      address: temporalAddress(ports),
      service: 'temporal.api.workflowservice.v1.WorkflowService',
    },
    after: [],
    graceMs: 10_000,
    version: '',
  };
}

/** What people open as Temporal's UI: the door in front of it, which lets no other page in. */
export function uiService(home: string, ports: StackPorts): ServiceSpec {
  const door = readFileSync(new URL('./ui-door.ts', import.meta.url));
  const entry = new URL('./ui-door-main.ts', import.meta.url);
  const ui = bareUi(ports);
  return {
    name: 'ui',
    command: process.execPath,
    args: programArguments(entry, `${ports.temporalUi}`, ui.host, `${ui.port}`),
    cwd: home,
    variables: {},
    health: { kind: 'http', url: `${temporalUiUrl(ports)}/healthz` },
    after: [],
    graceMs: 2_000,
    version: createHash('sha256').update(door).digest('hex').slice(0, 16),
  };
}

/**
 * Registers the search attributes that the server does not know: it takes those of its command
 * line only when it makes its database, which may be older than an attribute.
 */
export async function registerSearchAttributes(
  temporal: string,
  ports: StackPorts,
  attributes: SearchAttributes,
): Promise<void> {
  const service = ['--address', temporalAddress(ports), '--namespace', LOCAL_NAMESPACE];
  const operator = ['operator', 'search-attribute'];
  const list = await runCommand(temporal, [...operator, 'list', '-o', 'json', ...service]);
  const missing = Object.entries(attributes).filter(([name]) => !list.includes(`"${name}"`));
  if (missing.length === 0) return;
  const named = missing.flatMap(([name, type]) => ['--name', name, '--type', type]);
  await runCommand(temporal, [...operator, 'create', ...named, ...service]);
}

const RETENTION_DAYS = 365;

/**
 * Makes Temporal keep closed runs for a year. A namespace has one day when the server makes it, and
 * so has that of a database from before; one that somebody gave more keeps it.
 */
export async function keepClosedRuns(temporal: string, ports: StackPorts): Promise<void> {
  const service = ['--address', temporalAddress(ports), '--namespace', LOCAL_NAMESPACE];
  const namespace = ['operator', 'namespace'];
  const found = await runCommand(temporal, [...namespace, 'describe', '-o', 'json', ...service]);
  const [, seconds] = /"workflowExecutionRetentionTtl": *"(\d+)s"/.exec(found) ?? [];
  if (Number(seconds) >= RETENTION_DAYS * 86_400) return;
  const retention = ['--retention', `${RETENTION_DAYS}d`];
  await runCommand(temporal, [...namespace, 'update', ...retention, ...service]);
}

export function minioService(
  home: string,
  binary: string,
  ports: StackPorts,
  root: Credentials,
): ServiceSpec {
  return {
    name: 'minio',
    command: binary,
    args: [
      ...['server', join(home, 'minio'), '--address', `${HOST}:${ports.s3}`],
      ...['--console-address', `${HOST}:${ports.s3Console}`],
    ],
    cwd: home,
    variables: {
      MINIO_ROOT_USER: root.accessKey,
      MINIO_ROOT_PASSWORD: root.secretKey,
      MINIO_REGION: LOCAL_REGION,
      MINIO_UPDATE: 'off',
      MINIO_BROWSER_LOGIN_ANIMATION: 'off',
      // Else pages of any origin may read what a presigned link points to.
      MINIO_API_CORS_ALLOW_ORIGIN: s3ConsoleUrl(ports),
    },
    health: { kind: 'http', url: `${s3Endpoint(ports)}/minio/health/live` },
    after: [],
    graceMs: 10_000,
    version: '',
  };
}

/** A worker is any program that serves Atelier's task queues. */
export interface WorkerCommand {
  command: string;
  args: string[];
}

export function atelierWorker(environment: AtelierEnvironment): WorkerCommand {
  const entry = join(environment.workspace, 'packages', 'pipeline', 'src', 'worker-main.ts');
  return { command: process.execPath, args: programArguments(pathToFileURL(entry)) };
}

/**
 * The worker learns the services from its environment; credentials by the name of their file. All
 * else that decides how it works is that of the command which asks for it, not the supervisor's.
 */
export function workerService(
  environment: AtelierEnvironment,
  worker: WorkerCommand,
  ports: StackPorts,
): ServiceSpec {
  const { home, forwarded } = environment;
  const { workerMetrics } = ports;
  const kept = Object.entries(forwarded).filter(
    ([name]) =>
      (environment.temporal || !name.startsWith('TEMPORAL_')) &&
      (environment.s3 || !/^(ATELIER_S3|AWS)_/.test(name)),
  );
  return {
    name: 'worker',
    command: worker.command,
    args: [...worker.args, ...(workerMetrics === undefined ? [] : [`${HOST}:${workerMetrics}`])],
    cwd: environment.workspace,
    variables: {
      ...Object.fromEntries(kept),
      ATELIER_HOME: home,
      ...(!environment.temporal && {
        TEMPORAL_ADDRESS: temporalAddress(ports),
        TEMPORAL_NAMESPACE: LOCAL_NAMESPACE,
        // The person's own profile, if any, is not for the local server.
        TEMPORAL_CONFIG_FILE: join(environment.workspace, 'infra', 'temporal-local.toml'),
      }),
      ...(!environment.s3 && {
        ATELIER_S3_ENDPOINT: s3Endpoint(ports),
        ATELIER_S3_REGION: LOCAL_REGION,
        ATELIER_S3_BUCKET: environment.bucket,
        ATELIER_S3_CREDENTIALS_FILE: identityPath(home, environment.bucket, 'writer'),
        ATELIER_S3_PRUNER_CREDENTIALS_FILE: identityPath(home, environment.bucket, 'pruner'),
      }),
    },
    complete: true,
    health: { kind: 'running' },
    after: ['temporal', 'minio'],
    graceMs: 10_000,
    version: codeVersion(environment.workspace),
  };
}
