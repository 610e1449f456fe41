import { expect, test } from 'vitest';
import { gateSettingsSchema, resolvePromotion } from './gate-settings.ts';

const gate = gateSettingsSchema.parse({});

test('a run knows nothing of promotion, a schedule promotes on half of validation', () => {
  expect(resolvePromotion({}, 5000, false)).toEqual({});
  expect(resolvePromotion({}, 5000, true)).toEqual({ promote: true, gateCount: 2500, gate });
  expect(resolvePromotion({ promote: true }, 5, false)).toMatchObject({ gateCount: 2 });
  expect(resolvePromotion({ promote: true }, undefined, false).gateCount).toBe('half');
  expect(resolvePromotion({ promote: false }, 5000, true)).toEqual({ promote: false });
  // The data of a night, without its promotion.
  expect(resolvePromotion({ gateCount: 2500 }, 5000, false)).toEqual({ gateCount: 2500 });
});

test('a gate split leaves validation something, and a promotion needs one', () => {
  const refused = (given: object) => () => resolvePromotion(given, 100, false);
  expect(refused({ gateCount: 100 })).toThrow('0 to 99');
  expect(refused({ promote: true, gateCount: 0 })).toThrow('1 to 99');
});

test('a run that promotes may train several seeds; one, and a run that does not, is as ever', () => {
  const nightly = { seeds: 3 };
  expect(resolvePromotion({ nightly }, 100, true)).toMatchObject({ nightly });
  for (const [given, byDefault] of [
    [{ nightly: { seeds: 1 } }, true],
    [{ nightly }, false],
    [{ nightly, promote: false }, true],
  ] as const)
    expect(resolvePromotion(given, 100, byDefault)).not.toHaveProperty('nightly');
});
