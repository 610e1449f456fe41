import { processVariables, type Variables } from './variables.mjs';

const SERVICE_PREFIXES = ['TEMPORAL_', 'ATELIER_', 'AWS_', 'MINIO_'];
const isServiceVariable = (name: string): boolean =>
  SERVICE_PREFIXES.some((prefix) => name.startsWith(prefix));

/**
 * The environment for a process that this one starts: its own, less every setting that says which
 * services to use, so that only what `settings` names reaches it.
 */
export function childVariables(settings: Record<string, string>): Record<string, string> {
  const inherited = Object.entries(processVariables()).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !isServiceVariable(entry[0]),
  );
  return { ...Object.fromEntries(inherited), ...settings };
}

/**
 * The variables by which a worker reaches the same services as this process. Settings of one run
 * (the mirror) or of provisioning are not the worker's.
 */
export function connectionVariables(variables: Variables): Record<string, string> {
  const isForwarded = (name: string): boolean =>
    name.startsWith('TEMPORAL_') ||
    name.startsWith('AWS_') ||
    name.startsWith('ATELIER_S3_') ||
    name === 'ATELIER_DEVICE' ||
    name === 'ATELIER_LOG_LEVEL';
  return Object.fromEntries(
    Object.entries(variables)
      .filter((entry): entry is [string, string] => Boolean(entry[1]) && isForwarded(entry[0]))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
