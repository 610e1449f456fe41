import { resolve } from 'node:path';
import { processVariables, type Variables } from './variables.mjs';

const SERVICE_PREFIXES = ['TEMPORAL_', 'ATELIER_', 'AWS_', 'MINIO_', 'OTEL_'];
const isServiceVariable = (name: string): boolean =>
  SERVICE_PREFIXES.some((prefix) => name.startsWith(prefix));

/** What every program needs, whatever it does. */
const BASIC = [/^(PATH|LANG|LANGUAGE|LC_\w+|USER|LOGNAME)$/];

/** What decides how a process works that only computes. */
const COMPUTING = [
  /^NODE_OPTIONS$/,
  // Places and time
  /^(HOME|TMPDIR|TMP|TEMP|ATELIER_VERIFY_KEY|XDG_CACHE_HOME|XDG_CONFIG_HOME|TZ)$/,
  // Native libraries; Terraform's variables, which hold tokens and passwords, begin as TensorFlow's
  /^(TF_(?!VAR_|TOKEN_|CLI_)|(XLA|CUDA|NVIDIA|OMP|KMP|MKL|MALLOC)_)/,
  /^(LD_LIBRARY_PATH|LD_PRELOAD|UV_THREADPOOL_SIZE)$/,
  // How much of a machine a Go program takes
  /^(GOMAXPROCS|GOMEMLIMIT|GOGC)$/,
];

/** By it whoever looks at a machine's processes sees to which stack one belongs. */
const OWNER = /^ATELIER_HOME$/;

/** What decides how others are reached. A proxy's address may hold a password. */
const NETWORK = [
  // Certificates
  /^NODE_(EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED|USE_SYSTEM_CA|USE_ENV_PROXY)$/,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|OPENSSL_CONF)$/,
  // The network, on whose proxies programs differ over the case
  /^(http|https|all|grpc|no|no_grpc)_proxy$/i,
];

const isOneOf = (patterns: readonly RegExp[], name: string): boolean =>
  patterns.some((pattern) => pattern.test(name));

/** What decides how a process works, whatever it does, and does not change with the terminal. */
const isDecisive = (name: string): boolean => isOneOf([...COMPUTING, ...NETWORK], name);

/** Variables that name a file or folder: a relative path counts from where the command runs. */
const PLACE =
  /^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|OPENSSL_CONF|ATELIER_S3_(PRUNER_)?CREDENTIALS_FILE|TEMPORAL_CONFIG_FILE|TEMPORAL_\w+_PATH|OTEL_EXPORTER_OTLP_(TRACES_)?(CLIENT_)?(CERTIFICATE|KEY)|ATELIER_VERIFY_KEY|XDG_CACHE_HOME|XDG_CONFIG_HOME|TMPDIR|TMP|TEMP)$/;

/** The part of this process's environment whose names pass. */
function ownVariables(passes: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(processVariables()).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && passes(entry[0]),
    ),
  );
}

/**
 * The environment for a tool that a person runs, a compiler for one: that of this process, less
 * every setting that says which services to use, so that only what `settings` names reaches it.
 */
export const toolVariables = (settings: Record<string, string>): Record<string, string> => ({
  ...ownVariables((name) => !isServiceVariable(name)),
  ...settings,
});

/**
 * The environment for a process that runs for long or reads what others made: what it needs to
 * work, and nothing else. A shell's may hold secrets of any other program.
 * @param complete whether `settings` also holds all that decides how the process works: a daemon
 *   keeps the environment in which it was started, and whoever asks it for a process may have
 *   another one by then
 */
export const serviceVariables = (
  settings: Record<string, string> = {},
  complete = false,
): Record<string, string> => ({
  ...ownVariables((name) => isOneOf(complete ? BASIC : [...BASIC, ...COMPUTING, OWNER], name)),
  ...settings,
});

/**
 * The variables by which a worker reaches the same services as this process, and works as it
 * does, from whichever folder. Settings of one run (the mirror) or of provisioning are not the
 * worker's.
 */
export function workerVariables(variables: Variables): Record<string, string> {
  const sendsTraces = Boolean(variables.OTEL_EXPORTER_OTLP_ENDPOINT);
  const isForwarded = (name: string): boolean =>
    name.startsWith('TEMPORAL_') ||
    name.startsWith('AWS_') ||
    (name.startsWith('OTEL_') && sendsTraces) ||
    name.startsWith('ATELIER_S3_') ||
    name.startsWith('ATELIER_NOTIFY_') ||
    name === 'ATELIER_DEVICE' ||
    name === 'ATELIER_LOG_LEVEL' ||
    name === 'ATELIER_DISK_LOW' ||
    name === 'ATELIER_VERIFY_KEY' ||
    isDecisive(name);
  return Object.fromEntries(
    Object.entries(variables)
      .filter((entry): entry is [string, string] => Boolean(entry[1]) && isForwarded(entry[0]))
      .map(([name, value]): [string, string] => [name, PLACE.test(name) ? resolve(value) : value])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
