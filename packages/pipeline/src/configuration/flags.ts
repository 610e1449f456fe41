import { type Command, Option } from 'commander';
import { runOptionsSchema } from './run-options.ts';

/** How the text of a flag becomes a value; what cannot be read stays text, for the schema to refuse. */
type Kind = 'text' | 'number' | 'numbers' | 'texts';

interface Flag {
  name: string;
  placeholder: string;
  kind: Kind;
  /** Where it belongs in the configuration. */
  path: readonly string[];
  help: string;
}

/** Flags that set a run's configuration. Camel case, as Nx forwards it unharmed. */
export const configurationFlags: readonly Flag[] = [
  flag('dataset', 'file', 'text', ['dataset'], 'dataset descriptor'),
  flag('mirror', 'url', 'texts', ['mirrors'], 'where to download from first; may be repeated'),
  flag(
    'seed',
    'n',
    'number',
    ['seed'],
    'weights, order, augmentation, dropout (default: 1, or another every night)',
  ),
  flag('splitSeed', 'n', 'number', ['splitSeed'], 'which test images are used for validation'),
  flag('threads', 'n', 'number', ['threads'], 'of trainer and evaluation (default: all cores)'),
  flag(
    'evaluationBatch',
    'n',
    'number',
    ['evaluationBatch'],
    'test images at a time (default: 1000)',
  ),
  flag('epochs', 'n', 'number', ['recipe', 'epochs'], 'passes over the training images'),
  flag('batchSize', 'n', 'number', ['recipe', 'batchSize'], 'images per optimizer step'),
  flag('learningRate', 'x', 'number', ['recipe', 'learningRate'], 'where the cosine starts'),
  flag('weightDecay', 'x', 'number', ['recipe', 'weightDecay'], 'decoupled, on weight matrices'),
  flag('labelSmoothing', 'x', 'number', ['recipe', 'labelSmoothing'], 'share of the uniform label'),
  flag('clipNorm', 'x', 'number', ['recipe', 'clipNorm'], 'largest global gradient norm'),
  flag('engine', 'name', 'text', ['recipe', 'engine'], 'compiled or eager'),
  flag('widths', 'n,n,…', 'numbers', ['network', 'widths'], 'outputs of the hidden blocks'),
  flag(
    'residual',
    'n',
    'number',
    ['network', 'residual'],
    'block with a residual connection; 0: none',
  ),
  flag(
    'dropout',
    'p',
    'number',
    ['network', 'dropout'],
    'probability that an activation is dropped',
  ),
  flag('dropoutAt', 'place', 'text', ['network', 'dropoutAt'], 'output or blocks'),
];

function flag(
  name: string,
  placeholder: string,
  kind: Kind,
  path: readonly string[],
  help: string,
): Flag {
  return { name, placeholder, kind, path, help };
}

export function addConfigurationFlags(command: Command): Command {
  command.option('--config <file>', 'configuration as JSON or YAML; flags override it');
  const defaults = runOptionsSchema.parse({});
  for (const { name, placeholder, kind, help, path } of configurationFlags) {
    const value = path.reduce<unknown>((tree, key) => (tree as Tree)[key], defaults);
    // Not commander's own default, which would count as given and override the file.
    const shown = value === undefined || kind === 'texts' ? help : `${help} (default: ${value})`;
    const option = new Option(`--${name} <${placeholder}>`, shown);
    if (kind === 'texts')
      option.argParser((text: string, earlier: string[] = []) => [...earlier, text]);
    command.addOption(option);
  }
  return command;
}

type Tree = Record<string, unknown>;

export interface FlagValue {
  flag: string;
  path: readonly string[];
  value: unknown;
}

/** The configuration flags among parsed options, their text read. */
export function readFlags(options: Record<string, unknown>): FlagValue[] {
  return configurationFlags.flatMap(({ name, kind, path }) => {
    const given = options[name];
    return given === undefined ? [] : [{ flag: `--${name}`, path, value: read(kind, given) }];
  });
}

/** What is no number stays text, for whoever checks it to refuse. */
export const numberOrText = (text: string): number | string =>
  text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);

function read(kind: Kind, given: unknown): unknown {
  if (kind === 'texts' || kind === 'text') return given;
  if (kind === 'number') return numberOrText(String(given));
  return String(given).split(',').map(numberOrText);
}
