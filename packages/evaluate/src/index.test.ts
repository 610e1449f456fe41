import { expect, test } from 'vitest';

test('importing the package does not load libtensorflow', async () => {
  expect(Object.keys(await import('./index.ts'))).toContain('predict');
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
  expect(sharedObjects.length).toBeGreaterThan(0);
  expect(sharedObjects.filter((file) => /tensorflow|tfjs/.test(file))).toEqual([]);
});
