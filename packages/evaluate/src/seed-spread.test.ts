import { expect, test } from 'vitest';
import { seedSpreadSchema, spreadOver } from './seed-spread.ts';

/** Validation accuracies by seed; the test accuracies run the other way, and have no say. */
const scores = (validation: Record<number, number>) =>
  Object.entries(validation).map(([seed, validationAccuracy]) => ({
    ...{ seed: Number(seed), validationAccuracy, testAccuracy: 1 - validationAccuracy },
  }));

test('the median by validation stands for all, whatever the test split says', () => {
  const spread = spreadOver(scores({ 7: 0.9, 5: 0.88, 6: 0.91 }));
  expect(spread.chosen).toBe(7);
  expect(spread.seeds.map(({ seed }) => seed)).toEqual([5, 6, 7]);
  expect(spread.validationAccuracy).toMatchObject({ min: 0.88, median: 0.9, max: 0.91 });
  // By hand: the mean is 0.8966…, the squares sum up to 0.000466…
  expect(spread.validationAccuracy.sd).toBeCloseTo(0.015275, 6);
  expect(spread.testAccuracy.sd).toBeCloseTo(0.015275, 6);
  expect(seedSpreadSchema.parse(spread)).toEqual(spread);
});

test('the order in which the seeds finished changes no digit', () => {
  const some = scores({ 1: 0.9137, 2: 0.9121, 3: 0.9133, 4: 0.9129 });
  expect(spreadOver(some.toReversed())).toEqual(spreadOver(some));
});

test('of two in the middle the lower one, of equally good ones the lower seed counts as lower', () => {
  expect(spreadOver(scores({ 1: 0.9, 2: 0.8 })).chosen).toBe(2);
  expect(spreadOver(scores({ 1: 0.9, 2: 0.8, 3: 0.7, 4: 0.6 }))).toMatchObject({
    ...{ chosen: 3, validationAccuracy: { median: 0.7 } },
  });
  for (const order of [
    [1, 2, 3],
    [3, 2, 1],
  ]) {
    const equal = order.map((seed) => ({ seed, validationAccuracy: 0.5, testAccuracy: 0.5 }));
    expect(spreadOver(equal)).toMatchObject({ chosen: 2, validationAccuracy: { sd: 0 } });
  }
});
