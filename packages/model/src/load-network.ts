import { createHash } from 'node:crypto';
import { SourceMap } from 'node:module';
import { runInThisContext } from 'node:vm';
import { isUserError, UserError } from '@atelier/errors';
import * as graph from '@atelier/graph';
import * as tf from '@tensorflow/tfjs-core';
import * as zod from 'zod';
import { type Network, registerForward } from './architectures/index.ts';

/** What a module may import of others' packages; everything else is part of its text. */
const packages: Record<string, unknown> = {
  '@atelier/graph': graph,
  '@tensorflow/tfjs-core': tf,
  zod,
};

export const providedPackages = Object.keys(packages);

/** What a module exports; how it was looked at says which of it is usable. */
export type NetworkModule = Record<string, unknown>;

/**
 * Runs a module's text, which has the rights of this process: never in a worker itself, nor in a
 * workflow.
 * @param source CommonJS with a source map in it
 * @throws UserError with the place where it throws
 */
export function runModule(source: string, name: string): NetworkModule {
  const module = { exports: {} as NetworkModule };
  const provide = (wanted: string): unknown => packages[wanted] ?? unknownPackage(wanted, name);
  // Drawn numbers are a function of the seed: a generator of no seed would make a run another each time.
  const math = Object.create(Math, { random: { value: () => unseeded(name) } });
  const parameters = 'module, exports, require, Math';
  placed(source, name, () => {
    const make = runInThisContext(`(function (${parameters}) {\n${source}\n})`, {
      filename: textName(name),
    });
    make(module, module.exports, provide, math);
  });
  return module.exports;
}

/**
 * Makes a model whose network a person wrote compute in this process; others already do.
 * @throws UserError where the text is not the network's, or fails
 */
export function loadNetwork({
  network,
  source,
}: {
  network: Network;
  source?: string | undefined;
}): void {
  if (network.architecture !== 'module') return;
  const {
    name,
    module: { sha256 },
  } = network;
  const found = source === undefined ? 'none' : digest(source);
  if (source === undefined || found !== sha256)
    throw new UserError({
      what: "The text of the network's module is not with its weights.",
      where: name,
      expected: `SHA-256 ${sha256}`,
      found,
    });
  const { forward } = runModule(source, name);
  registerForward(sha256, (x, computation) =>
    placed(source, name, () => (forward as (...of: unknown[]) => typeof x)(x, computation)),
  );
}

export const digest = (source: string): string => createHash('sha256').update(source).digest('hex');

const textName = (name: string): string => `${name} (as it is run)`;

const advising = 'what to do: ';

/** Runs what a person wrote. @throws UserError that names the place in their file */
export function placed<T>(source: string, name: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (isUserError(cause)) throw cause;
    const error = cause instanceof Error ? cause : new Error(String(cause));
    const [first, ...more] = error.message.split('\n').map((line) => line.trim());
    // As @atelier/graph ends its messages.
    const advice = more.filter((line) => line.startsWith(advising));
    const found = more.filter((line) => !advice.includes(line));
    throw new UserError(
      {
        what: `The network's module fails: ${first}`,
        where: placeOf(error, source, name) ?? name,
        ...(found.length > 0 && { found: found.join('; ') }),
        remedy: `${advice.map((line) => `${line.slice(advising.length)}; `).join('')}docs/networks.md has what a module is given`,
        mendedBy: [],
      },
      { cause },
    );
  }
}

/** The line of the person's own file, by the source map. */
function placeOf({ stack = '' }: Error, source: string, name: string): string | undefined {
  const marker = `${textName(name)}:`;
  const at = stack.indexOf(marker);
  const [, line, column] = /^(\d+):(\d+)/.exec(stack.slice(at + marker.length)) ?? [];
  const [, encoded] =
    /sourceMappingURL=data:application\/json;base64,([\w+/=]+)/.exec(source) ?? [];
  if (at < 0 || line === undefined || encoded === undefined) return undefined;
  const map = new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString()));
  // The text begins in the second line of what is run.
  const found = map.findEntry(Number(line) - 2, Number(column) - 1);
  if (!('originalSource' in found)) return undefined;
  return `${found.originalSource}:${found.originalLine + 1}:${found.originalColumn + 1}`;
}

function unknownPackage(wanted: string, name: string): never {
  throw new UserError({
    what: `The network's module imports ${wanted}, which it is not given.`,
    where: name,
    expected: `files of its own, or ${providedPackages.join(', ')}`,
  });
}

function unseeded(name: string): never {
  throw new UserError({
    what: "The network's module draws numbers that no seed decides.",
    where: `Math.random in ${name}`,
    expected: '`layers.dropout`, which draws by the seed of the run',
  });
}
