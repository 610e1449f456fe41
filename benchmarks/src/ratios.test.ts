import { expect, test } from 'vitest';
import { ratiosOf } from './ratios.ts';

test('a ratio above 1 says that compiled is the faster one', () => {
  expect(ratiosOf({ compiled: 0.5, eager: 10, pytorch: 2, jax: 1, floor: 0.25 })).toEqual({
    compiledVsEager: 20,
    compiledVsPyTorchEager: 4,
    compiledVsTorchCompile: null,
    compiledVsJax: 2,
    compiledVsFloor: 0.5,
  });
});

test('without the compiled row there is nothing to compare', () => {
  expect(Object.values(ratiosOf({ eager: 1, floor: 1 }))).toEqual([null, null, null, null, null]);
});
