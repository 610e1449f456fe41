import { memoryObjects } from '@atelier/artifacts/testing';
import { expect, test, vi } from 'vitest';
import { openStoreOn } from '../run-store.ts';
import { keepRunsPage } from './renew-page.ts';

const renderRunsPage = vi.hoisted(() => vi.fn(async (runs: object[]) => `<p>${runs.length} runs`));
vi.mock('@atelier/report', () => ({ renderRunsPage }));

const month = 'index/runs/2026-11.json';

test('a page is made anew where it is not of the index and the code that are there', async () => {
  const { held, seed, ...objects } = memoryObjects();
  const store = openStoreOn(objects);
  const pageOf = (sources: string) =>
    keepRunsPage(store, { sources }, (error) => expect.unreachable(String(error)));
  const renewed = async (sources = 'this'): Promise<boolean> => {
    renderRunsPage.mockClear();
    const page = pageOf(sources);
    await page.renewIfBehind();
    await page.settled();
    return renderRunsPage.mock.calls.length > 0;
  };
  expect(await renewed()).toBe(false);

  seed(month, Buffer.from('{"schemaVersion":1,"rows":[]}'));
  expect(await renewed()).toBe(true);
  expect(held.get('runs/index.html')!.content.toString()).toMatch(/^<!-- .+ -->\n<p>0 runs$/);
  expect(await renewed()).toBe(false);

  seed(month, Buffer.from('{"schemaVersion":1,"rows":[ ]}'));
  expect(await renewed()).toBe(true);
  expect(await renewed()).toBe(false);
  expect(await renewed('later')).toBe(true);
});

test('a page that was overtaken while it was made is behind', async () => {
  const { held: _, seed, ...objects } = memoryObjects();
  const store = openStoreOn(objects);
  seed(month, Buffer.from('{"schemaVersion":1,"rows":[]}'));
  const page = keepRunsPage(store, { sources: 'this' }, () => {});
  renderRunsPage.mockImplementationOnce(async () => {
    seed(month, Buffer.from('{"schemaVersion":1,"rows":[ ]}'));
    return '<p>older';
  });
  page.renew();
  await page.settled();
  renderRunsPage.mockClear();
  await page.renewIfBehind();
  await page.settled();
  expect(renderRunsPage).toHaveBeenCalledOnce();
});
