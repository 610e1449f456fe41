import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { samplesByKind } from './samples/index.ts';
import type { Sample } from './samples/sample.ts';
import { judge } from './verdicts.ts';

export const page = join(import.meta.dirname, '..', '..', 'docs', 'operations.md');

/** What comes of an operation and of its gradient, compiled by XLA and without it. */
export interface Row {
  name: string;
  jit: string;
  plain: string;
  /** Empty where tfjs has none. */
  jitGradient: string;
  plainGradient: string;
  why: string;
}

const columns = ['operation', 'jit', 'without', 'gradient, jit', 'without', 'why'];

/** The page, of what every sample gives now: a minute. */
export function operationsPage(): string {
  const kinds = Object.entries(samplesByKind).map(([kind, samples]) => ({
    kind,
    rows: Object.entries(samples).map(rowOf),
  }));
  const rows = kinds.flatMap((it) => it.rows);
  const count = (isCounted: (row: Row) => boolean) => rows.filter(isCounted).length;
  const tables = kinds.map((it) => {
    const lines = [columns, columns.map(() => '---'), ...it.rows.map(cellsOf)];
    return `## ${it.kind}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')}`;
  });
  return `# Operations

What comes of each of tfjs's operations in a compiled function, by XLA (\`jit: true\`) and by TensorFlow's graph executor (\`jit: false\`): \`yes\` where it gives what it gives eagerly, up to the last digits. \`npx nx run graph:operations\` wrote this page by running one use of each; the package's tests hold it to that. A gradient is left empty where tfjs has none, or where nothing in it is a real number.

With \`jit\`, ${count(({ jit }) => jit === 'yes')} of ${rows.length} operations work, and of the ${count(({ jitGradient }) => jitGradient !== '')} with a gradient ${count(({ jitGradient }) => jitGradient === 'yes')}. ${count(({ jit }) => jit === 'refused')} are refused, ${count(({ jit }) => jit.startsWith('XLA lacks'))} are unknown to XLA, and ${count(({ jit }) => jit === 'not in tfjs-node')} are not in tfjs-node at all. What differs for NaN and numbers out of range is in [a table of its own](differences.md).

${tables.join('\n')}`;
}

function rowOf([name, sample]: [string, Sample]): Row {
  const [jit, plain] = [judge(sample, true), judge(sample, false)];
  return {
    name,
    jit: jit.value.word,
    plain: plain.value.word,
    jitGradient: jit.gradient.word,
    plainGradient: plain.gradient.word,
    why: jit.value.why ?? plain.value.why ?? '',
  };
}

const cellsOf = ({ name, jit, plain, jitGradient, plainGradient, why }: Row): string[] => [
  ...[`\`${name}\``, jit, plain, jitGradient, plainGradient, why],
];

/** The rows of the page as it is. */
export function committedRows(): Row[] {
  const lines = readFileSync(page, 'utf8').matchAll(/^\| `(\S+)` \|(.*)\|$/gm);
  return [...lines].map(([, name, rest]) => {
    const [jit, plain, jitGradient, plainGradient, why] = rest!.split('|').map((it) => it.trim());
    return { name, jit, plain, jitGradient, plainGradient, why } as Row;
  });
}
