import { expect, test } from 'vitest';
import { z } from 'zod';
import { withoutAddedDefaults } from './added-defaults.ts';

const before = z.strictObject({
  epochs: z.int().default(120),
  network: z.strictObject({ widths: z.array(z.int()).default([144, 128]) }).prefault({}),
});

/** The same schema some versions later. */
const now = z.strictObject({
  epochs: z.int().default(120),
  warmUp: z.int().default(0).meta({ added: true }),
  average: z
    .strictObject({ decay: z.number().default(0), steps: z.array(z.int()).default([1]) })
    .prefault({})
    .meta({ added: true }),
  limit: z.int().optional().meta({ added: true }),
  network: z
    .strictObject({
      widths: z.array(z.int()).default([144, 128]),
      kernels: z.array(z.int()).default([3, 3]).meta({ added: true }),
    })
    .prefault({}),
});

test('a value that was filled with the defaults of added fields is the value of before', () => {
  for (const input of [{}, { epochs: 3 }, { network: { widths: [8] } }])
    expect(withoutAddedDefaults(now, now.parse(input))).toStrictEqual(before.parse(input));
  const unset = now.parse({ limit: undefined });
  expect(withoutAddedDefaults(now, unset)).toStrictEqual(before.parse({}));
});

test('an added field that says something else stays, and alone', () => {
  const at = (input: z.input<typeof now>) => withoutAddedDefaults(now, now.parse(input));
  expect(at({ warmUp: 2 })).toEqual({ ...before.parse({}), warmUp: 2 });
  expect(at({ limit: 0 })).toEqual({ ...before.parse({}), limit: 0 });
  expect(at({ average: { decay: 0.9 } }).average).toEqual({ decay: 0.9, steps: [1] });
  expect(at({ network: { kernels: [3, 5] } }).network).toEqual({
    widths: [144, 128],
    kernels: [3, 5],
  });
});

test('a default of a field that was there from the beginning stays', () => {
  expect(withoutAddedDefaults(before, before.parse({}))).toEqual({
    epochs: 120,
    network: { widths: [144, 128] },
  });
});

test('kinds have added fields of their own', () => {
  const kinds = z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('mlp').default('mlp').meta({ added: true }),
      dropout: z.number().default(0.3),
      gain: z.number().default(1).meta({ added: true }),
    }),
    z.strictObject({ kind: z.literal('convolutional'), gain: z.number().default(2) }),
  ]);
  const network = z.strictObject({ network: kinds.prefault({}) });
  expect(withoutAddedDefaults(network, network.parse({}))).toEqual({ network: { dropout: 0.3 } });
  const other = { network: { kind: 'convolutional', gain: 1 } };
  expect(withoutAddedDefaults(network, other)).toEqual(other);
});

test('what the schema does not know is left alone', () => {
  const value = { network: { widths: [1], inputs: 784 }, list: [{ warmUp: 0 }], none: null };
  expect(withoutAddedDefaults(now, value)).toEqual(value);
});
