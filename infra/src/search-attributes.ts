import { runCommand } from './provision/command.ts';
import { LOCAL_NAMESPACE, SEARCH_ATTRIBUTES, temporalAddress } from './services.ts';
import type { StackPorts } from './stack-file.ts';

/**
 * Registers the search attributes that the server does not know: it takes those of its command
 * line only when it makes its database, which may be older than an attribute.
 */
export async function registerSearchAttributes(temporal: string, ports: StackPorts): Promise<void> {
  const service = ['--address', temporalAddress(ports), '--namespace', LOCAL_NAMESPACE];
  const operator = ['operator', 'search-attribute'];
  const list = await runCommand(temporal, [...operator, 'list', '-o', 'json', ...service]);
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !list.includes(`"${name}"`));
  if (missing.length === 0) return;
  const named = missing.flatMap(([name, type]) => ['--name', name, '--type', type]);
  await runCommand(temporal, [...operator, 'create', ...named, ...service]);
}
