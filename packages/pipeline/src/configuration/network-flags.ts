import { UserError } from '@atelier/errors';
import type { Command } from 'commander';
import type { FlagValue } from './flags.ts';

export const addNetworkFlags = (command: Command): Command =>
  command
    .option(
      '--network <file>',
      'train a network of your own: a TypeScript module, see `atelier new network`',
    )
    .option(
      '--networkOptions <name=value>',
      'an option of that network; may be repeated',
      (text: string, earlier: string[] = []) => [...earlier, text],
    );

/**
 * What `--network` and `--networkOptions` set.
 * @throws UserError for options of no network, and for what is no option
 */
export function readNetworkFlags({
  network,
  networkOptions = [],
}: {
  network?: string;
  networkOptions?: string[];
}): FlagValue[] {
  const refuse = (expected: string, found: string): UserError =>
    new UserError({
      what: '--networkOptions cannot be used.',
      where: '--networkOptions',
      expected,
      found,
    });
  if (network === undefined) {
    if (networkOptions.length > 0)
      throw refuse('to be given together with --network FILE', networkOptions.join(' '));
    return [];
  }
  const flag = '--network';
  return [
    { flag, path: ['network', 'architecture'], value: 'module' },
    { flag, path: ['network', 'module'], value: network },
    ...networkOptions.map((text) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (name === undefined) throw refuse('name=value, such as width=64', text);
      return {
        flag: '--networkOptions',
        path: ['network', 'options', name],
        value: readValue(value!),
      };
    }),
  ];
}

/** JSON where it is some, such as 64, [32, 64] or true; else a text. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
