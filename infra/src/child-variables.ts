import { processVariables } from './environment.ts';

const SERVICE_PREFIXES = ['TEMPORAL_', 'ATELIER_', 'AWS_', 'MINIO_'];
const isServiceVariable = (name: string): boolean =>
  SERVICE_PREFIXES.some((prefix) => name.startsWith(prefix));

/**
 * The environment for a process that infra starts: this one's, less every setting that says which
 * services to use, so that only what `settings` names reaches it.
 */
export function childVariables(settings: Record<string, string>): Record<string, string> {
  const inherited = Object.entries(processVariables()).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !isServiceVariable(entry[0]),
  );
  return { ...Object.fromEntries(inherited), ...settings };
}
