import { WorldError } from '@atelier/errors';
import type { Ready } from './contender.ts';
import { markdownTable } from './generated-section.ts';
import { formatMachine, type Machine } from './machine.ts';
import type { ManyFunctions } from './many-functions-main.ts';
import type { Measured } from './speed-result.ts';
import { type Summary, summarise } from './statistics.ts';

export type FrameworkKey = 'eager' | 'jit' | 'pytorch' | 'torchCompile' | 'jax';

interface FrameworkRow {
  key: FrameworkKey;
  name: string;
  /** Of a step; null where the row was skipped. */
  milliseconds: Summary | null;
  /** Of the first step, what is compiled included. */
  secondsToFirstStep: number | null;
  skipped?: string;
}

interface FunctionsRow extends Pick<ManyFunctions, 'count' | 'before' | 'held' | 'disposed'> {
  name: string;
  milliseconds: { compile: Summary; firstCall: Summary; call: Summary };
}

/** benchmarks/results/frameworks.json */
export interface FrameworksResult {
  schemaVersion: 1;
  date: string;
  machine: Machine;
  networks: { title: string; rows: FrameworkRow[] }[];
  functions: FunctionsRow[];
}

/** Losses may differ by so much of themselves: other orders of sums, and what Adam makes of them. */
const tolerance = 1e-3;

/**
 * Refuses to compare what does not compute the same.
 * @param losses of the same first steps, by the names of their programs
 * @throws WorldError that names a program whose losses are not the first one's
 */
export function checkLosses(network: string, losses: ReadonlyMap<string, readonly number[]>): void {
  const [[first, expected] = ['', []], ...others] = losses;
  for (const [name, found] of others) {
    const same =
      found.length === expected.length && expected.every((it, i) => close(it, found[i]!));
    if (same) continue;
    const digits = (values: readonly number[]) => values.map((it) => it.toFixed(5)).join(' ');
    throw new WorldError({
      what: `The programs do not compute the same, so their times are not compared: the losses of ${name} differ.`,
      where: network,
      expected: `${digits(expected)} (${first}), to ${tolerance} of each`,
      found: digits(found),
    });
  }
}

const close = (expected: number, found: number): boolean =>
  Math.abs(expected - found) <= tolerance * Math.abs(expected);

export function frameworkRow(
  { key, name, times, ...skipped }: Measured<FrameworkKey>,
  ready: Ready | undefined,
): FrameworkRow {
  return {
    ...{ key, name, milliseconds: times.length === 0 ? null : summarise(times) },
    ...{ secondsToFirstStep: ready?.secondsToFirstStep ?? null, ...skipped },
  };
}

export function functionsRow(
  name: string,
  { milliseconds: { compile, firstCall, call }, ...memory }: ManyFunctions,
): FunctionsRow {
  const milliseconds = {
    ...{ compile: summarise(compile), firstCall: summarise(firstCall), call: summarise(call) },
  };
  return { name, ...memory, milliseconds };
}

/** The result as Markdown that reads well in a terminal, too. */
export function formatFrameworks(result: FrameworksResult): string {
  const { date, machine, networks, functions } = result;
  const tables = networks.flatMap(({ title, rows }) => {
    const own = rows.find(({ key }) => key === 'jit')?.milliseconds?.median;
    const cells = rows.map(({ name, milliseconds: ms, secondsToFirstStep: seconds }) =>
      ms === null
        ? [name, 'skipped', '', '', '']
        : [
            ...[name, ms.minimum.toFixed(3), ms.median.toFixed(3)],
            own === undefined ? '' : (ms.median / own).toFixed(2),
            seconds === null ? '' : seconds.toFixed(2),
          ],
    );
    const skipped = rows.flatMap(({ name, skipped: why }) =>
      why === undefined ? [] : [`Skipped: ${name}: ${why}.`],
    );
    const header = ['how', 'minimum', 'median', 'median / jit', 'first step, s'];
    return [`**${title}**`, markdownTable(header, cells), ...skipped];
  });
  const whole = (value: number) => value.toFixed(0);
  const memory = functions.map(({ name, before, held, disposed, milliseconds: ms }) => [
    ...[
      name,
      ms.compile.median.toFixed(1),
      ms.firstCall.median.toFixed(1),
      ms.call.median.toFixed(2),
    ],
    ...[whole(before), whole(held), whole(disposed)],
  ]);
  return [
    `Milliseconds per training step, ${date.slice(0, 10)}, ${formatMachine(machine)}:`,
    ...tables,
    `**${functions[0]?.count ?? 0} functions compiled**, each the loss and gradients of an MLP of another width; median milliseconds for one, and MiB of the process:`,
    markdownTable(
      ['how', 'compile', 'first call', 'call', 'before', 'all held', 'disposed of'],
      memory,
    ),
  ].join('\n\n');
}
