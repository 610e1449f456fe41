import { loadTensorFlow } from '@atelier/tensorflow';
import { expect, test } from 'vitest';
import { checkPrograms } from '../test/random-programs.ts';

loadTensorFlow();

// An hour by hand: npx nx run graph:random-programs --minutes 60.
test('random programs give compiled what they give eagerly, gradients included', () => {
  expect(checkPrograms({ seed: 2, seconds: 6 })).toBeGreaterThan(1);
});
