import type { Choice } from './choice.ts';
import type { FunctionDef } from './graph-def.ts';
import type { Traced } from './trace.ts';
import { formatSpec } from './tree.ts';
import { describeVariable } from './variable.ts';

/** What a program consists of. */
export interface Inspection {
  /** How often each TensorFlow op stands in it, the most frequent first; a loop's step counts once. */
  counts: Readonly<Record<string, number>>;
  /** Inputs, results, and every op of every function of the program, for people. */
  text: string;
  /** The same without constants as a flowchart, https://mermaid.js.org. */
  mermaid: string;
  /** Whether XLA compiles it, and why. */
  choice: Choice;
}

export function inspectionOf(traced: Traced): Omit<Inspection, 'choice'> {
  const labels = new Map<string, string>();
  const main = traced.functions.at(-1)!;
  const specs = [
    ...traced.inputs.map(({ path, value }) => `${path || 'input'}: ${formatSpec(value)}`),
    ...traced.variables.map(({ tensor }) => describeVariable(tensor)),
  ];
  for (const [i, { name }] of main.arguments.entries()) labels.set(name, specs[i]!);
  const results = traced.outputs.map(
    ({ path, value }) => `${path || 'result'}: ${formatSpec(value)}`,
  );
  // The program first, then the loops' steps and branches in it.
  const functions = [main, ...traced.functions.slice(0, -1)];
  return {
    counts: countOps(functions),
    text: functions.map((def) => describe(def, def === main ? specs : [], results)).join('\n\n'),
    mermaid: ['flowchart TD', ...functions.flatMap((def, i) => draw(def, i, labels))].join('\n'),
  };
}

function countOps(functions: readonly FunctionDef[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { op } of functions.flatMap(({ nodes }) => nodes)) {
    counts.set(op, (counts.get(op) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
}

/** `node:output:0` as `node`, and a second result as `node.1`. */
const short = (reference: string): string => {
  const [node, , i] = reference.split(':');
  return i === undefined || i === '0' ? node! : `${node}.${i}`;
};

function describe(def: FunctionDef, specs: string[], results: string[]): string {
  const takes = def.arguments.map(({ name, dtype }, i) => `  ${name} = ${specs[i] ?? dtype}`);
  const nodes = def.nodes.map(
    ({ name, op, inputs }) => `  ${name} = ${op}(${inputs.map(short).join(', ')})`,
  );
  const gives = def.results.map(({ dtype, reference }, i) => {
    const what = specs.length > 0 ? results[i]! : dtype;
    return `  gives ${short(reference)} as ${what}`;
  });
  return [`${def.name}: ${def.nodes.length} operations`, ...takes, ...nodes, ...gives].join('\n');
}

function draw(def: FunctionDef, number: number, labels: ReadonlyMap<string, string>): string[] {
  const ids = new Map<string, string>();
  const idOf = (name: string): string => {
    if (!ids.has(name)) ids.set(name, `f${number}n${ids.size}`);
    return ids.get(name)!;
  };
  const quoted = (text: string) => `"${text.replaceAll('"', '#quot;')}"`;
  const constants = new Set(def.nodes.filter(({ op }) => op === 'Const').map(({ name }) => name));
  const inputs = def.arguments.map(
    ({ name }) => `    ${idOf(name)}([${quoted((number === 0 && labels.get(name)) || name)}])`,
  );
  const nodes = def.nodes.filter(({ name }) => !constants.has(name));
  const boxes = nodes.map(({ name, op }) => `    ${idOf(name)}[${quoted(op)}]`);
  const arrows = nodes.flatMap(({ name, inputs: from }) =>
    from
      .map((reference) => reference.split(':')[0]!)
      .filter((source) => !constants.has(source))
      .map((source) => `    ${idOf(source)} --> ${idOf(name)}`),
  );
  const results = def.results
    .map(({ name, reference }) => [name, reference.split(':')[0]!] as const)
    .filter(([, source]) => !constants.has(source))
    .map(
      ([name, source]) => `    ${idOf(source)} --> ${idOf(`result ${name}`)}([${quoted(name)}])`,
    );
  return [`  subgraph ${def.name}`, ...inputs, ...boxes, ...arrows, ...results, '  end'];
}
