import { availableParallelism } from 'node:os';
import { compileLoop, type Precision } from '@atelier/graph';
import { describeEnvironment } from '@atelier/tensorflow';
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { command, type Flags, print, writeResult } from './command.ts';
import { markdownTable, updateDocument } from './generated-section.ts';
import { interleave } from './interleave.ts';
import { describeMachine, formatMachine, type Machine } from './machine.ts';
import { type PrecisionCase, precisionCases } from './precision-cases.ts';
import { type Summary, summarise } from './statistics.ts';

/** The ways of running a loop, in the order of the table. */
const ways = {
  jit: { jit: true, precision: 'float32' },
  jitBfloat16: { jit: true, precision: 'bfloat16' },
  without: { jit: false, precision: 'float32' },
  withoutBfloat16: { jit: false, precision: 'bfloat16' },
} satisfies Record<string, { jit: boolean; precision: Precision }>;

interface Row {
  name: string;
  /** Milliseconds a step. */
  times: Record<keyof typeof ways, Summary>;
}

/** benchmarks/results/precision.json */
interface PrecisionResult {
  schemaVersion: 1;
  date: string;
  machine: Machine;
  /** The processor's instructions for bfloat16, by /proc/cpuinfo's names. */
  instructions: string[];
  rows: Row[];
}

await command(precision);

/** Measures products, convolutions and a training step in float32 and in bfloat16. */
async function precision({ smoke }: Flags): Promise<void> {
  const environment = describeEnvironment({ threads: availableParallelism() });
  const rows: Row[] = [];
  for (const make of precisionCases) {
    const one = make();
    print(one.name);
    rows.push(await measure(one, smoke ? 1 : 9));
    dispose([one.state, one.constants]);
  }
  const result: PrecisionResult = {
    schemaVersion: 1,
    date: new Date().toISOString(),
    machine: describeMachine({ tensorflow: environment.tensorflow }),
    instructions: environment.cpuFeatures.filter((it) => /bf16|amx/.test(it)),
    rows,
  };
  const text = format(result);
  print(`\n${text}`);
  if (smoke) return;
  await writeResult('precision', result);
  await updateDocument('precision', text);
}

async function measure(one: PrecisionCase, count: number): Promise<Row> {
  const { name, state, constants, step, steps } = one;
  const loops = Object.values(ways).map((way) => compileLoop({ step, state, constants, ...way }));
  const contenders = loops.map((loop) => ({
    repetition: async () => {
      const begin = performance.now();
      const after = loop.run({ state, constants, steps });
      await (Object.values(after).at(-1) as Tensor).data();
      const milliseconds = (performance.now() - begin) / steps;
      dispose(after);
      return milliseconds;
    },
  }));
  const times = await interleave(contenders, { count });
  for (const loop of loops) loop.dispose();
  const summaries = Object.keys(ways).map((way, i) => [way, summarise(times[i]!)]);
  return { name, times: Object.fromEntries(summaries) };
}

/** The result as Markdown that reads well in a terminal, too. */
function format({ date, machine, instructions, rows }: PrecisionResult): string {
  const ratio = (a: Summary, b: Summary) => (a.minimum / b.minimum).toFixed(2);
  const cells = rows.map(({ name, times: { jit, jitBfloat16, without, withoutBfloat16 } }) => [
    name,
    ...[jit, jitBfloat16].map(({ minimum }) => minimum.toFixed(3)),
    ratio(jit, jitBfloat16),
    ...[without, withoutBfloat16].map(({ minimum }) => minimum.toFixed(3)),
    ratio(without, withoutBfloat16),
  ]);
  const has = instructions.length === 0 ? 'none' : instructions.join(', ');
  return [
    `Milliseconds a step, minimum, ${date.slice(0, 10)}, ${formatMachine(machine)}; the processor's instructions for bfloat16: ${has}.`,
    markdownTable(
      [
        'what',
        'jit, float32',
        'jit, bfloat16',
        'ratio',
        'without, float32',
        'without, bfloat16',
        'ratio',
      ],
      cells,
    ),
  ].join('\n\n');
}
