import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { imageAt } from '@atelier/data/image-shape';
import { findTestBrowser, quietBrowser, testBrowsers } from '@atelier/infra';
import axe from 'axe-core';
import { encode } from 'fast-png';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  buildReport,
  type RunEntry,
  renderComparisonPage,
  renderReport,
  renderRunsPage,
} from '../src/index.ts';
import { comparisonFixture, fixture } from './fixture.ts';
import { type Tried, triedFixture } from './tried-network.ts';

const executablePath = findTestBrowser();
const title =
  executablePath === undefined
    ? `report.html in a browser (skipped: none of ${testBrowsers.join(', ')} is on PATH)`
    : 'report.html in a browser';

/** The same of a folder of pictures, of which some look alike; paths of files are long. */
function ofPictures({ inputs, images }: ReturnType<typeof fixture>): ReturnType<typeof fixture> {
  const path = `${'deep-within/'.repeat(12)}a.png`;
  const picture = { split: 'train' as const, index: 0, label: 0, path };
  const other = { ...picture, split: 'test' as const };
  const one: [typeof picture, typeof other] = [picture, other];
  const pictures = {
    leftOut: { count: 1, examples: [{ path, why: 'the file is empty' }] },
    kinds: { 'PNG RGB': 5 },
    sizes: { smallest: { height: 3, width: 5 }, largest: { height: 9, width: 6 }, enlarged: 1 },
    nearDuplicates: {
      across: { trainValidation: 0, trainTest: 3, validationTest: 0 },
      examples: [one, one, one],
    },
  };
  const { dataset } = inputs;
  const contract = { ...dataset.contract, pictures };
  return { inputs: { ...inputs, dataset: { ...dataset, contract } }, images };
}

describe.skipIf(executablePath === undefined)(title, () => {
  let browser: Browser;
  let directory: string;
  let tried: Record<'mlp' | 'cnn', Tried>;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'atelier-report-'));
    const many = Array.from({ length: 60 }, (_, i) => `A class called ${i}`);
    const reports = {
      'report.html': fixture(),
      'many.html': ofPictures(fixture({ classes: many })),
    };
    for (const [name, { inputs, images }] of Object.entries(reports))
      await writeFile(
        path.join(directory, name),
        await renderReport(buildReport(inputs), images, undefined, {
          shape: images.shape,
          at: (place) => imageAt(images.images, images.shape, place),
        }),
      );
    await writeFile(
      path.join(directory, 'runs.html'),
      await renderRunsPage(runs, runs[0]!.startedAt),
    );
    await writeFile(
      path.join(directory, 'compared.html'),
      await renderComparisonPage(...comparisonFixture({ examples: 500 })),
    );
    const [mlp, cnn] = await Promise.all([
      triedFixture('mlp', directory),
      triedFixture('cnn', directory),
    ]);
    tried = { mlp, cnn };
    for (const [name, { report, images, network }] of Object.entries(tried))
      await writeFile(
        path.join(directory, `${name}.html`),
        await renderReport(report, images, network),
      );
    browser = await chromium.launch({ executablePath: executablePath!, args: quietBrowser });
  });

  afterAll(async () => {
    await browser?.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Opens the report and gives what the page complained of and asked for. */
  async function open(options: Parameters<Browser['newPage']>[0], name = 'report.html') {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    const address = pathToFileURL(path.join(directory, name)).href;
    await page.goto(address);
    const fetched = requests.filter((url) => url !== address && !url.startsWith('data:'));
    return { page, complaints, fetched };
  }

  test.each([
    { name: 'desktop', colorScheme: 'light', width: 1280 },
    { name: 'desktop', colorScheme: 'dark', width: 1280 },
    { name: 'tablet', colorScheme: 'light', width: 768 },
    { name: 'phone', colorScheme: 'light', width: 375 },
    { name: 'phone', colorScheme: 'dark', width: 375 },
    { name: 'small phone', colorScheme: 'light', width: 320 },
  ] as const)('$name, $colorScheme: whole, quiet, readable', async ({ colorScheme, width }) => {
    const { page, complaints, fetched } = await open({
      viewport: { width, height: 800 },
      colorScheme,
    });
    expect(complaints).toEqual([]);
    expect(fetched).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await expectFigures(page, width);
    await expectPictures(page);
    expect(await faintTexts(page)).toEqual([]);
    await page.close();
  });

  test('it works without scripts, and none would run', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    await expectFigures(page, 1280);
    const policy = page.locator('meta[http-equiv="Content-Security-Policy"]');
    expect(await policy.getAttribute('content')).toMatch(/^default-src 'none'/);
    await page.close();
  });

  test('print is dark on white, whatever the screen is', async () => {
    const { page } = await open({ colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    const ink = await page.evaluate('getComputedStyle(document.body).color');
    expect(ink).toBe('rgb(29, 28, 26)');
    expect(await page.locator('nav').isVisible()).toBe(false);
    await page.close();
  });

  test('what is folded on the screen is open in print', async () => {
    const { page } = await open({});
    const table = page.locator('details table').first();
    expect(await table.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await table.isVisible()).toBe(true);
    await page.close();
  });

  test.each([
    { name: 'report.html', width: 320 },
    { name: 'report.html', width: 375 },
    { name: 'many.html', width: 375 },
    { name: 'many.html', width: 1280 },
  ])(
    '$name, $width wide: nothing scrolls within the page, open or folded',
    async ({ name, width }) => {
      const { page } = await open({ viewport: { width, height: 800 } }, name);
      for (const summary of await page.locator('summary').all()) await summary.click();
      expect(await page.locator('details[open] table').count()).toBeGreaterThan(2);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await page.evaluate(wider)).toEqual([]);
      expect(await page.evaluate(withoutColour)).toEqual([]);
      // So the only tab stops are those that do something.
      const stops = page.locator('a[href], summary, [tabindex]');
      const kinds = await stops.evaluateAll((all) =>
        (all as unknown as { tagName: string }[]).map(({ tagName }) => tagName),
      );
      expect([...new Set(kinds)].sort()).toEqual(['A', 'SUMMARY']);
      await page.close();
    },
  );

  test.each([
    { name: 'report.html', width: 1280, colorScheme: 'light' },
    { name: 'many.html', width: 375, colorScheme: 'dark' },
    { name: 'compared.html', width: 320, colorScheme: 'dark' },
    { name: 'mlp.html', width: 320, colorScheme: 'light' },
  ] as const)(
    'axe finds nothing: $name, $width wide, $colorScheme',
    async ({ name, width, colorScheme }) => {
      const { page } = await open({ viewport: { width, height: 800 }, colorScheme }, name);
      for (const summary of await page.locator('summary').all()) await summary.click();
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)}`);
      expect(found).toEqual([]);
      expect(await page.evaluate(wider)).toEqual([]);
      expect(await faintTexts(page)).toEqual([]);
      await page.close();
    },
  );

  test.each(['mlp', 'cnn'] as const)(
    'the network in the page says of every sample what the run said, and asks nobody: %s',
    async (kind) => {
      const { page, complaints, fetched } = await open({}, `${kind}.html`);
      const { samples, dataset } = tried[kind].report;
      expect(await page.locator('.trying select option').count()).toBe(samples.length + 1);
      for (const [i, { probabilities }] of samples.entries()) {
        const said = await saidOf(page, `select.value = '${i}'`);
        const rows = dataset.classes.map((name, c) => ({ name, probability: probabilities[c]! }));
        rows.sort((a, b) => b.probability - a.probability);
        expect(said.map(({ name }) => name)).toEqual(rows.slice(0, 5).map(({ name }) => name));
        for (const [place, { probability }] of said.entries())
          expect(Math.abs(probability - rows[place]!.probability)).toBeLessThan(1e-5);
      }
      expect([complaints, fetched]).toEqual([[], []]);
      await page.close();
    },
  );

  test('the network takes a picture that is chosen, dropped or drawn, and says what it cannot read', async () => {
    const { page, complaints } = await open({}, 'mlp.html');
    const pixel = (x: number, y: number) =>
      page.evaluate(
        `[...document.querySelector('.trying canvas').getContext('2d').getImageData(${x}, ${y}, 1, 1).data]`,
      );
    const answers = page.locator('.trying .answers li');
    await expect.poll(() => answers.count()).toBe(5);
    const choose = (buffer: Buffer) =>
      page.setInputFiles('.trying input', { name: 'a.png', mimeType: 'image/png', buffer });
    // Twice as wide as high, red: margins above and below, and the grey that training makes of it.
    const data = Uint8Array.from({ length: 3 * 8 * 4 }, (_, i) => (i % 3 === 0 ? 255 : 0));
    await choose(Buffer.from(encode({ width: 8, height: 4, channels: 3, data })));
    await expect.poll(() => pixel(14, 14)).toEqual([127, 127, 127, 255]);
    expect(await pixel(14, 2)).toEqual([255, 255, 255, 255]);
    expect(await answers.count()).toBe(5);
    await page.getByRole('button', { name: 'Invert' }).click();
    expect(await pixel(14, 2)).toEqual([0, 0, 0, 255]);
    await choose(Buffer.from('text'));
    await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/no picture/);
    expect(await answers.count()).toBe(0);
    const green = Uint8Array.from({ length: 3 * 4 * 4 }, (_, i) => (i % 3 === 1 ? 255 : 0));
    const dropped = [...encode({ width: 4, height: 4, channels: 3, data: green })];
    // A browser lets drop what a place has said that it takes.
    const taken = await page.evaluate(`(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(${JSON.stringify(dropped)})], 'a.png'));
      const happens = (type) => document.querySelector('.trying p').dispatchEvent(
        new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      return [happens('dragover'), happens('drop')].map((goesOn) => !goesOn);
    })()`);
    expect(taken).toEqual([true, true]);
    await expect.poll(() => pixel(14, 14)).toEqual([220, 220, 220, 255]);
    expect(await answers.count()).toBe(5);
    const canvas = page.locator('.trying canvas');
    await canvas.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await canvas.boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 4);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + (3 * height) / 4);
    await page.mouse.up();
    expect(await pixel(14, 14)).toEqual([255, 255, 255, 255]);
    expect(await answers.count()).toBe(5);
    await page.getByRole('button', { name: 'Clear' }).click();
    expect(await pixel(14, 14)).toEqual([0, 0, 0, 255]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a page with a network lets no other script run, and does without its own', async () => {
    const { page, complaints } = await open({}, 'mlp.html');
    await page.evaluate(`document.body.append(Object.assign(document.createElement('script'), {
      textContent: 'window.slipped = true' }))`);
    expect(await page.evaluate('window.slipped')).toBeUndefined();
    expect(complaints).toEqual([expect.stringMatching(/Content Security Policy/)]);
    await page.close();
    const { page: silent } = await open({ javaScriptEnabled: false }, 'mlp.html');
    expect(await silent.locator('#try').textContent()).toContain('needs scripts');
    expect(await silent.locator('.trying').isVisible()).toBe(false);
    await silent.close();
  });

  test.each([
    { width: 1280, colorScheme: 'light' },
    { width: 375, colorScheme: 'dark' },
  ] as const)(
    'the page of runs sorts and filters, and axe finds nothing: $width',
    async (screen) => {
      const { width, colorScheme } = screen;
      const options = { viewport: { width, height: 800 }, colorScheme };
      const { page, complaints, fetched } = await open(options, 'runs.html');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        width,
      );
      const names = () => page.locator('.runs tbody tr:visible th').allTextContents();
      expect((await names()).slice(0, 2)).toEqual(['nightly-0', 'nightly-1']);
      const best = page.getByRole('button', { name: 'Test' });
      await best.click();
      await best.click();
      const highest = Math.max(...runs.map(({ testAccuracy = 0 }) => testAccuracy));
      const first = (await names())[0];
      expect(runs.find(({ run }) => run === first)?.testAccuracy).toBe(highest);
      await page.getByLabel('Status').selectOption('failed');
      expect(await names()).toHaveLength(10);
      await page.getByLabel('Filter').fill('nightly-19');
      expect(await names()).toEqual(['nightly-19']);
      expect(await faintTexts(page)).toEqual([]);
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)}`)).toEqual(
        [],
      );
      expect([complaints, fetched]).toEqual([[], []]);
      await page.close();
    },
  );
});

/** What the page's network says once a choice is made in the page. */
async function saidOf(page: Page, choice: string) {
  return (await page.evaluate(`(async () => {
    const select = document.querySelector('.trying select');
    const answers = document.querySelector('.trying .answers');
    const said = new Promise((resolve) =>
      new MutationObserver(resolve).observe(answers, { childList: true }));
    ${choice};
    select.dispatchEvent(new Event('change'));
    await said;
    return [...answers.children].map((item) => ({
      name: item.firstChild.textContent,
      probability: Number(item.dataset.probability),
    }));
  })()`)) as { name: string; probability: number }[];
}

/** A hundred nights, of which every tenth failed. */
const runs: RunEntry[] = Array.from({ length: 100 }, (_, i) => ({
  run: `nightly-${i}`,
  status: i % 10 === 9 ? 'failed' : 'finished',
  startedAt: new Date(Date.UTC(2026, 10, 27, 4, 30) - i * 86_400_000).toISOString(),
  dataset: 'fashion-mnist',
  ...(i % 10 === 9
    ? { why: 'No mirror has it.' }
    : { testAccuracy: 0.92 + ((i * 37) % 100) / 1e4, testExamples: 5_000 }),
}));

/** Words of plots that have no colour of the page's, which would be black on black in the dark. */
const withoutColour = `[...document.querySelectorAll('svg text')]
  .filter((text) => getComputedStyle(text).fill === 'rgb(0, 0, 0)')
  .map(({ textContent }) => textContent)`;

/** Elements that are wider inside than outside. */
const wider = `[...document.querySelectorAll('body *:not(svg *)')]
  .filter(({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth + 1)
  .map(({ outerHTML }) => outerHTML.slice(0, 100))`;

/** Each figure shows exactly one of its drawings, of a size to be seen, inside the page. */
async function expectFigures(page: Page, width: number): Promise<void> {
  const figures = await page.locator('figure.plot').all();
  expect(figures).toHaveLength(10);
  for (const figure of figures) {
    const visible = figure.locator('svg:visible');
    expect(await visible.count()).toBe(1);
    const box = (await visible.boundingBox())!;
    expect(box.width).toBeGreaterThan(250);
    expect(box.height).toBeGreaterThan(60);
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    const texts = await visible.locator('text').all();
    expect(texts.length).toBeGreaterThan(2);
  }
}

/** Every picture is decoded to its size, and drawn larger than that. */
async function expectPictures(page: Page): Promise<void> {
  const sizes = await page
    .locator('.pictures img')
    .evaluateAll((images) =>
      (images as unknown as { naturalWidth: number; width: number }[]).map(
        ({ naturalWidth, width }) => ({ naturalWidth, drawn: width > 40 }),
      ),
    );
  expect(sizes).toHaveLength(64);
  for (const size of sizes) expect(size).toEqual({ naturalWidth: 28, drawn: true });
}

/** Texts of the page whose contrast with the page is below WCAG's 4.5. */
async function faintTexts(page: Page): Promise<string[]> {
  return (await page.evaluate(`(() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const luminance = (colour) => {
      const [r, g, b] = channels(colour).map((c) => {
        const share = c / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paper = luminance(getComputedStyle(document.body).backgroundColor);
    return [...document.querySelectorAll('main p, main th, main td, main dt, main dd, figcaption, a, .pictures span')]
      .filter((element) => {
        const ink = luminance(getComputedStyle(element).color);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) < 4.5;
      })
      .map((element) => element.textContent);
  })()`)) as string[];
}
