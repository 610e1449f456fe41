import { readText, type Setting, takesMany } from '@atelier/settings';
import { type Command, Option } from 'commander';
import { addNetworkFlags } from './network-flags.ts';
import { runSettings } from './run-options.ts';

export interface FlagValue {
  flag: string;
  /** Where it belongs in the configuration. */
  path: readonly string[];
  value: unknown;
}

/** Flags that set a run's configuration. Camel case, as Nx forwards it unharmed. */
export const configurationFlags = runSettings.filter(hasFlag);

/** What `retry` takes as well: settings that say how a stage works. */
export const retryFlags = configurationFlags.filter(({ stages }) => stages !== undefined);

function hasFlag(setting: Setting): setting is Setting & { flag: string } {
  return setting.flag !== undefined;
}

export function addConfigurationFlags(command: Command): Command {
  command
    .option(
      '--recipe <name>',
      'network and training of recipes/<name>.yaml, or of another file; --config and flags override it',
    )
    .option('--config <file>', 'configuration as JSON or YAML; flags override it');
  // Not commander's own default, which would count as given and override the file.
  for (const setting of configurationFlags)
    command.addOption(optionOf(setting, ` (default: ${defaultText(setting)})`));
  return addNetworkFlags(command);
}

export function addRetryFlags(command: Command): Command {
  for (const setting of retryFlags)
    command.addOption(optionOf(setting, `; for stage ${setting.stages?.join(' and ')}`));
  return command;
}

function optionOf(
  { flag, placeholder, help, schema }: Setting & { flag: string },
  more: string,
): Option {
  // What is yes or no may be given without a word: `--promote` is `--promote true`.
  const value = placeholder === 'true|false' ? `[${placeholder}]` : `<${placeholder}>`;
  const option = new Option(`--${flag} ${value}`, `${help}${more}`);
  if (takesMany(schema))
    option.argParser((text: string, earlier: string[] = []) => [...earlier, text]);
  return option;
}

/** What holds where a setting is left out. */
export function defaultText({ default: value, unset }: Setting): string {
  if (unset !== undefined) return unset;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** The configuration flags among parsed options, their text read. */
export function readFlags(options: Record<string, unknown>): FlagValue[] {
  return configurationFlags.flatMap(({ flag, schema, path }) => {
    const given = options[flag] as string | string[] | true | undefined;
    if (given === undefined) return [];
    return [{ flag: `--${flag}`, path, value: given === true ? true : readText(schema, given) }];
  });
}
