/**
 * The fuzzer by hand: `npx nx run pipeline:fuzz --minutes 60 --seed 7`. `--only safetensors` takes
 * the targets whose names contain that. A finding's input is written to a folder that is named;
 * put it into `corpus/<target>/` when it is mended, and every later run begins with it.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz } from './run-fuzz.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const folder = await mkdtemp(join(tmpdir(), 'atelier-findings-'));
const { counts, blocks, seconds, findings, alike } = await fuzz({
  seed: Number(values.seed),
  budget: { minutes: Number(values.minutes) },
  only: values.only,
  folder,
  onFinding: ({ target, kind, detail, path }) => say(`✗ ${target}: ${kind}: ${detail}\n  ${path}`),
});
for (const [name, count] of Object.entries(counts))
  say(`${name.padEnd(20)} ${String(count).padStart(9)} inputs`);
const all = Object.values(counts).reduce((a, b) => a + b, 0);
say(
  `${all} inputs in ${(seconds / 60).toFixed(1)} min, ${Math.round(all / seconds)} a second, ${blocks} blocks of code: ` +
    `${findings.length} findings${alike > 0 ? ` and ${alike} like them` : ''}`,
);
process.exitCode = findings.length === 0 ? 0 : 1;
