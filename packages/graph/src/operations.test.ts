import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { committedRows } from '../test/operations/operations-page.ts';
import { samplesByKind } from '../test/operations/samples/index.ts';
import { differing, judge } from '../test/operations/verdicts.ts';

/** convolution.test.ts has them with XLA, and takes as long. */
const isElsewhere = (kind: string, jit: boolean) => jit && kind === 'Convolutions and pooling';

const kinds = Object.entries(samplesByKind).filter(([kind]) => kind !== 'Random');
const samples = Object.assign(
  {},
  ...Object.values(samplesByKind),
) as (typeof samplesByKind)[string];
const rows = new Map(committedRows().map((row) => [row.name, row]));

/** tfjs names its operations so. */
const isOperation = (it: unknown) => typeof it === 'function' && it.name.endsWith('__op');

test('docs/operations.md has every operation of tfjs', () => {
  const own = Object.entries(tf).flatMap(([name, it]) => {
    if (isOperation(it)) return [name];
    const inside = typeof it === 'object' && name !== 'default' ? Object.entries(it) : [];
    return inside.filter(([, op]) => isOperation(op)).map(([op]) => `${name}.${op}`);
  });
  expect(own).toContain('image.resizeBilinear');
  expect(own.filter((name) => samples[name] === undefined)).toEqual([]);
  expect([...rows.keys()], 'run `npx nx run graph:operations`').toEqual(Object.keys(samples));
});

const words = (name: string, jit: boolean) => {
  const row = rows.get(name)!;
  return jit ? [row.jit, row.jitGradient] : [row.plain, row.plainGradient];
};

/** Of what is there by a shorter name; by hand they are run as well. */
const isAnotherName = /^(concat|pad|reverse|slice|batchNorm)[1-4]d$|^spectral\./;

test.each(
  kinds.flatMap(([kind, own]) =>
    [true, false].filter((jit) => !isElsewhere(kind, jit)).map((jit) => [kind, jit, own] as const),
  ),
)(
  'what docs/operations.md says gives compiled what it gives eagerly does: %s, jit %s',
  (_, jit, own) => {
    const parts = Object.entries(own)
      .filter(([name]) => words(name, jit)[0] === 'yes' && !isAnotherName.test(name))
      .map(([name, sample]) => ({ name, sample, gradient: words(name, jit)[1] === 'yes' }));
    expect(differing(parts, jit)).toEqual([]);
  },
);

test('what docs/operations.md says does not work, does not', () => {
  for (const jit of [true, false])
    for (const [name, sample] of Object.entries(samples)) {
      const expected = words(name, jit);
      if (expected.every((word) => word === 'yes' || word === '')) continue;
      const { value, gradient } = judge(sample, jit);
      expect([name, value.word, gradient.word]).toEqual([name, ...expected]);
    }
});
