import { loadTensorFlow } from '@atelier/tensorflow';
import { expect, test } from 'vitest';
import { checkPrograms } from '../test/random-programs.ts';

loadTensorFlow();

const seed = 2;

// A minute here; an hour by hand: npx nx run graph:random-programs --minutes 60.
test(`random programs give compiled what they give eagerly, gradients included (seed ${seed})`, () => {
  expect(checkPrograms({ seed, seconds: 60 })).toBeGreaterThan(5);
}, 120_000);
