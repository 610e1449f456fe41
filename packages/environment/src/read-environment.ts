import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  endpointSchema,
  type HttpProxy,
  type Proxies,
  parseHostAndPort,
  proxyFor,
  readProxies,
  withoutSecrets,
} from '@atelier/addresses';
import { mirrorSchema } from '@atelier/download/mirror';
import { UserError } from '@atelier/errors';
import { z } from 'zod';
import { workerVariables } from './child-variables.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { bootstrapSettings, processVariables, type Variables } from './variables.mjs';

const checkout = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

const text = z.string().min(1).optional();
const address = z
  .string()
  .refine(
    (value) => parseHostAndPort(value) !== undefined,
    'host:port, for example 127.0.0.1:7233 or [::1]:7233, with a port from 1 to 65535',
  )
  .optional();
const endpoint = endpointSchema
  // `http://host` and `http://host/` become the same text.
  .transform((value) => new URL(value).origin)
  .optional();

/** Every variable that Atelier reads; docs/configuration.md describes them for people. */
const variablesSchema = z.object({
  ATELIER_HOME: text,
  // Runs take it over, and their histories must keep no secret.
  ATELIER_DATASET_MIRROR: mirrorSchema.optional(),
  ATELIER_DEVICE: z.enum(['auto', 'cpu', 'gpu'], { error: 'auto, cpu or gpu' }).default('auto'),
  ATELIER_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'debug, info, warn or error' })
    .default('info'),
  // Gigabytes.
  ATELIER_DISK_LOW: z.coerce
    .number({ error: 'gigabytes, 0 or more' })
    .min(0, 'gigabytes, 0 or more')
    .default(2),
  ATELIER_WORKER: z.enum(['local', 'none'], { error: 'local or none' }).optional(),
  ATELIER_VERIFY_KEY: text,
  // Its path may be a password: it is checked, and never shown.
  ATELIER_NOTIFY_URL: z
    .url({ protocol: /^https?$/, error: 'an http:// or https:// address' })
    .optional(),
  ATELIER_NOTIFY_SECRET: text,
  ATELIER_NOTIFY_COMMAND: text,
  ATELIER_TEMPORAL_BINARY: text,
  ATELIER_MINIO_BINARY: text,
  ATELIER_PYTHON: text,
  ATELIER_S3_ENDPOINT: endpoint,
  ATELIER_S3_REGION: text,
  ATELIER_S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket name: 3 to 63 of a-z 0-9 . -')
    .default('atelier'),
  ATELIER_S3_ACCESS_KEY: text,
  ATELIER_S3_SECRET_KEY: text,
  ATELIER_S3_CREDENTIALS_FILE: text,
  ATELIER_S3_PRUNER_CREDENTIALS_FILE: text,
  AWS_ACCESS_KEY_ID: text,
  AWS_SECRET_ACCESS_KEY: text,
  AWS_SESSION_TOKEN: text,
  AWS_REGION: text,
  // It may hold a user and a password.
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'an http:// or https:// address' })
    .optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: text,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: text,
  OTEL_SDK_DISABLED: text,
  TEMPORAL_ADDRESS: address,
  TEMPORAL_NAMESPACE: text,
  TEMPORAL_PROFILE: text,
  TEMPORAL_CONFIG_FILE: text,
  CI: text,
});

type Parsed = z.infer<typeof variablesSchema>;

export interface S3Settings extends Credentials {
  endpoint: string;
  region: string;
  bucket: string;
  /** It belongs to temporary AWS credentials. */
  sessionToken?: string;
  /** On the way to the service. */
  proxy?: HttpProxy;
}

/** Where the services are, local or not. */
export interface ServiceAddresses {
  temporal: { address: string; namespace: string };
  s3: S3Settings;
}

/** The only form in which traces are sent. */
const traceProtocol = 'http/protobuf';

/** What the person configured for a Temporal service of their own; the SDK reads the rest. */
interface TemporalSettings {
  /** Absent when a profile of the SDK's configuration file names it. */
  address?: string;
  namespace?: string;
  profile?: string;
  configFile?: string;
}

/** All that Atelier takes from the environment, parsed once. */
export interface AtelierEnvironment {
  /** The root of the checkout. */
  workspace: string;
  /** Where the stack keeps its state, logs and data: `.atelier` unless ATELIER_HOME says otherwise. */
  home: string;
  /** Downloads and builds, shared by all checkouts of this user. */
  cacheDirectory: string;
  /** Present: use this Temporal service, start none. */
  temporal?: TemporalSettings;
  /** Present: use this S3 service, start none. */
  s3?: S3Settings;
  bucket: string;
  /** Path of the credentials under which the weekly removal works; a worker hands them on unread. */
  prunerCredentials?: string;
  datasetMirror?: string;
  device: 'auto' | 'cpu' | 'gpu';
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Bytes: less than these free on a disk is told before a run. */
  diskLow: number;
  /** Path of the public key that every run which is handed out has to be signed with. */
  verifyKey?: string;
  /** Who is told of what happens to runs. */
  notify: { url?: string; secret?: string; command?: string };
  /** Whether workers send traces; OpenTelemetry's SDK reads from the environment where and how. */
  traces: boolean;
  /** Whether a local worker may be started; off when both services are external. */
  localWorker: boolean;
  binaries: { temporal?: string; minio?: string };
  /** A Python interpreter, by its path or by its name on the search path. */
  python: string;
  ci: boolean;
  /** The proxies of this network; see proxyFor. */
  proxies: Proxies;
  /** The variables that a local worker needs to reach services and to work as this process does. */
  forwarded: Record<string, string>;
  /** The search path of this process. */
  path: string;
}

/**
 * Reads and checks the environment.
 * @throws UserError naming the variable, what it expects and what it holds
 */
export function readEnvironment(variables: Variables = processVariables()): AtelierEnvironment {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value));
  const parsed = variablesSchema.safeParse(set);
  if (!parsed.success) throw badVariable(parsed.error, set);
  const v = parsed.data;
  const { cacheDirectory, external } = bootstrapSettings(set);
  const temporal = external.temporal ? temporalSettings(v) : undefined;
  const proxies = readProxies(set);
  const s3 = external.s3 ? s3Settings(v, proxies) : undefined;
  const localWorker = v.ATELIER_WORKER ? v.ATELIER_WORKER === 'local' : !(temporal && s3);
  return {
    workspace: checkout,
    home: v.ATELIER_HOME ? absolute(v.ATELIER_HOME) : resolve(checkout, '.atelier'),
    cacheDirectory: absolute(cacheDirectory),
    ...(temporal && { temporal }),
    ...(s3 && { s3 }),
    bucket: v.ATELIER_S3_BUCKET,
    ...(v.ATELIER_S3_PRUNER_CREDENTIALS_FILE && {
      prunerCredentials: absolute(v.ATELIER_S3_PRUNER_CREDENTIALS_FILE),
    }),
    ...(v.ATELIER_DATASET_MIRROR && { datasetMirror: v.ATELIER_DATASET_MIRROR }),
    device: v.ATELIER_DEVICE,
    logLevel: v.ATELIER_LOG_LEVEL,
    diskLow: v.ATELIER_DISK_LOW * 1e9,
    ...(v.ATELIER_VERIFY_KEY && { verifyKey: absolute(v.ATELIER_VERIFY_KEY) }),
    notify: {
      ...(v.ATELIER_NOTIFY_URL && { url: v.ATELIER_NOTIFY_URL }),
      ...(v.ATELIER_NOTIFY_SECRET && { secret: v.ATELIER_NOTIFY_SECRET }),
      ...(v.ATELIER_NOTIFY_COMMAND && { command: v.ATELIER_NOTIFY_COMMAND }),
    },
    traces: sendsTraces(v),
    localWorker,
    binaries: {
      ...(v.ATELIER_TEMPORAL_BINARY && { temporal: absolute(v.ATELIER_TEMPORAL_BINARY) }),
      ...(v.ATELIER_MINIO_BINARY && { minio: absolute(v.ATELIER_MINIO_BINARY) }),
    },
    python: namedProgram(v.ATELIER_PYTHON ?? 'python3'),
    ci: v.CI !== undefined && v.CI !== 'false',
    proxies,
    forwarded: workerVariables(set),
    path: set.PATH ?? '',
  };
}

/** A path counts from where the command runs, a name is looked for on the search path. */
const namedProgram = (program: string): string =>
  program.includes('/') ? absolute(program) : program;

/** @throws UserError for a form of which the collector would not be told, so that nothing arrives */
function sendsTraces(v: Parsed): boolean {
  if (v.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return false;
  if (v.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return false;
  const [name, found = traceProtocol] =
    v.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL === undefined
      ? ['OTEL_EXPORTER_OTLP_PROTOCOL', v.OTEL_EXPORTER_OTLP_PROTOCOL]
      : ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', v.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL];
  if (found === traceProtocol) return true;
  throw new UserError({
    what: 'Traces cannot be sent in this form.',
    where: name,
    expected: `${traceProtocol}, which collectors take at port 4318`,
    found: JSON.stringify(found),
    remedy: 'Set it so for Atelier, and name that port in OTEL_EXPORTER_OTLP_ENDPOINT.',
  });
}

function temporalSettings(v: Parsed): TemporalSettings {
  return {
    ...(v.TEMPORAL_ADDRESS && { address: v.TEMPORAL_ADDRESS }),
    ...(v.TEMPORAL_NAMESPACE && { namespace: v.TEMPORAL_NAMESPACE }),
    ...(v.TEMPORAL_PROFILE && { profile: v.TEMPORAL_PROFILE }),
    ...(v.TEMPORAL_CONFIG_FILE && { configFile: v.TEMPORAL_CONFIG_FILE }),
  };
}

function s3Settings(v: Parsed, proxies: Proxies): S3Settings {
  const credentials = v.ATELIER_S3_CREDENTIALS_FILE
    ? readCredentials(v.ATELIER_S3_CREDENTIALS_FILE)
    : {
        accessKey: v.ATELIER_S3_ACCESS_KEY ?? v.AWS_ACCESS_KEY_ID,
        secretKey: v.ATELIER_S3_SECRET_KEY ?? v.AWS_SECRET_ACCESS_KEY,
      };
  const { accessKey, secretKey } = credentials;
  if (!accessKey || !secretKey) {
    throw new UserError({
      what: `An S3 service is configured without ${accessKey ? 'a secret key' : 'credentials'}`,
      where: `ATELIER_S3_ENDPOINT=${v.ATELIER_S3_ENDPOINT}`,
      expected: 'ATELIER_S3_ACCESS_KEY and ATELIER_S3_SECRET_KEY (or the AWS_… pair)',
      remedy: 'Set both, or unset ATELIER_S3_ENDPOINT to use the local store.',
    });
  }
  const proxy = proxyFor(new URL(v.ATELIER_S3_ENDPOINT!), proxies);
  return {
    endpoint: v.ATELIER_S3_ENDPOINT!,
    region: v.ATELIER_S3_REGION ?? v.AWS_REGION ?? 'us-east-1',
    bucket: v.ATELIER_S3_BUCKET,
    accessKey,
    secretKey,
    // It belongs to the AWS pair alone.
    ...(v.AWS_SESSION_TOKEN &&
      accessKey === v.AWS_ACCESS_KEY_ID && { sessionToken: v.AWS_SESSION_TOKEN }),
    ...(proxy && { proxy }),
  };
}

const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(path));

const isSecret = (name: string): boolean => /SECRET|KEY|TOKEN|NOTIFY/.test(name);

function badVariable(error: z.ZodError, set: Record<string, string | undefined>): UserError {
  const issue = error.issues[0] as z.core.$ZodIssue;
  const name = String(issue.path[0]);
  return new UserError({
    what: `The environment variable ${name} does not hold what it should`,
    where: name,
    expected: issue.message,
    found: isSecret(name) ? '(not shown)' : JSON.stringify(withoutSecrets(set[name] ?? '')),
    remedy: 'Correct or unset it; docs/configuration.md lists every variable.',
  });
}
