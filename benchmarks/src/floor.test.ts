import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Mlp } from '@atelier/model/network';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Contender } from './contender.ts';
import { rows } from './rows.ts';
import { layerSizes, type Workload, workload } from './workload.ts';

let folder: string;
let work: Workload<Mlp>;
/** XLA's own account of what it executes in one turn of the loop. */
let body: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'atelier-floor-'));
  work = workload({ steps: 3, threads: 1, directory: folder });
  const dump = `--xla_dump_to=${folder} --xla_dump_hlo_as_text`;
  const program = { ...rows.floor.program(), environment: { XLA_FLAGS: dump } };
  const contender = await Contender.start('the floor', program, work);
  await contender.stop();
  const files = await readdir(folder);
  const texts = await Promise.all(
    files
      .filter((name) => name.endsWith('after_optimizations.txt'))
      .map((name) => readFile(path.join(folder, name), 'utf8')),
  );
  const [, text, name] = texts.join('\n').match(/^([\s\S]* while\([\s\S]*?body=%([\w.-]+))/)!;
  body = text!.slice(text!.indexOf(`\n%${name} (`)).split('\n}\n')[0]!;
});
afterAll(() => rm(folder, { recursive: true }));

test('a turn of the compiled loop makes all fourteen products, each in full', () => {
  const { recipe, network } = work;
  const sizes = layerSizes(network);
  const expected = sizes.flatMap(([inputs, outputs], layer) => [
    [recipe.batchSize, outputs],
    [inputs, outputs],
    ...(layer === 0 ? [] : [[recipe.batchSize, inputs]]),
  ]);
  const found = [...body.matchAll(/= f32\[(\d+),(\d+)\]\S* (?:dot|custom-call)\(/g)].map(
    ([, rows, columns]) => [Number(rows), Number(columns)],
  );
  expect(found).toHaveLength(14);
  expect(found.map(String).sort()).toEqual(expected.map(String).sort());
});

test('and copies no matrix', () => {
  expect(body).not.toMatch(/= f32\[\d+,\d+\]\S* (copy|transpose)\(/);
});
