import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { comparedWith } from '../stages/report/plan.ts';
import { readPublishedReference } from './published-reference.ts';

const folder = mkdtempSync(join(tmpdir(), 'atelier-reference-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const beside = (name: string, content: string): string => {
  writeFileSync(join(folder, `${name}.reference.json`), content);
  return join(folder, `${name}.yaml`);
};
const numbers = { testAccuracy: 0.9, testExamples: 100, validationAccuracy: 0.9, bestEpoch: 3 };

test("what lies beside a descriptor is its dataset's reference", async () => {
  const published = { ...numbers, source: 'a paper' };
  expect(await readPublishedReference(beside('mine', JSON.stringify(published)))).toEqual(
    published,
  );
  expect(await readPublishedReference(join(folder, 'other.json'))).toBeUndefined();
});

test('runs that do not say are compared with what the default dataset has beside it', async () => {
  const descriptor = new URL('../../../../datasets/fashion-mnist.json', import.meta.url).pathname;
  const published = await readPublishedReference(descriptor);
  expect(published).toMatchObject({ testAccuracy: 0.9202, bestEpoch: 97 });
  expect(comparedWith({ dataset: 'fashion-mnist' })).toEqual(published);
  expect(comparedWith({ dataset: 'fashion-mnist', reference: 'none' })).toBeNull();
  expect(comparedWith({ dataset: 'mine' })).toBeNull();
});

test.each([
  ['a number that is no share', { ...numbers, source: 'x', testAccuracy: 92 }, /testAccuracy in/],
  ['a field too much', { ...numbers, source: 'x', answers: {} }, /The published reference is not/],
  ['a field that is missing', numbers, /source in/],
])('%s is refused by name', async (name, content, message) => {
  const path = beside(name.replaceAll(' ', '-'), JSON.stringify(content));
  await expect(readPublishedReference(path)).rejects.toThrow(message);
});
