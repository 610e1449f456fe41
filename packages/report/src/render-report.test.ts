import { expect, test, vi } from 'vitest';
import { environment, fixture } from '../test/fixture.ts';
import { buildReport, type Report, renderPlots, renderReport } from './index.ts';
import { percent } from './numbers.ts';

// Plots take a second or two each time, longer on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const { inputs, images } = fixture();
const report = buildReport(inputs);
const page = await renderReport(report, images);

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</style></svg><b>',
  'datum.value',
  '__proto__',
  'same',
  'same',
  '&lt;i&gt;',
  'line\u2028separator',
];

/** What stands on a page where a number or a text is missing. */
const hole = /(?<![\w+/])(?:NaN|undefined|Infinity)|\[object/;

/** Says what is missing without printing the whole page. */
function expectOn(page: string, text: string): void {
  expect(page.includes(text) ? text : 'is not on the page').toBe(text);
}

/** Every tag's name and attributes, by a reader that knows nothing of how the page is made. */
function tags(text: string): string[] {
  return [...text.matchAll(/<([a-zA-Z][^\s/>]*)(?:"[^"]*"|'[^']*'|[^'">])*>/g)].map(
    (match) => match[0],
  );
}

test('what has changed since the data that was accepted last is said with the data', async () => {
  const change = 'The data changed since run a: images of train 600, now <700>.';
  const changed = await renderReport(buildReport({ ...inputs, dataChange: change }), images);
  expectOn(changed, '<p>The data changed since run a: images of train 600, now &lt;700&gt;.</p>');
  expect(page).not.toContain('The data changed');
});

test('equal inputs give equal bytes, one after the other and side by side', async () => {
  const [a, b] = await Promise.all([renderReport(report, images), renderReport(report, images)]);
  expect(a === page).toBe(true);
  expect(b === page).toBe(true);
});

test('the page refers to nothing outside itself', () => {
  const addresses = tags(page)
    .filter((tag) => !tag.startsWith('<a '))
    .flatMap((tag) => [...tag.matchAll(/\s(?:src|href|xlink:href|data|action)="([^"]*)"/g)])
    .map((match) => match[1]!);
  expect(addresses.length).toBeGreaterThan(60);
  expect(addresses.filter((address) => !address.startsWith('data:image/'))).toEqual([]);
  expect(/url\(|@import|<script|<link rel="stylesheet"/.exec(page)).toBeNull();
});

test('every id is there once, and every link within the page leads somewhere', () => {
  const ids = tags(page).flatMap((tag) => /\sid="([^"]*)"/.exec(tag)?.[1] ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  const targets = [...page.matchAll(/href="#([^"]*)"/g)].map((match) => match[1]);
  expect(targets).toHaveLength(10);
  for (const target of targets) expect(ids).toContain(target);
});

test('every picture and plot says in words what is to be seen', () => {
  const pictures = tags(page).filter((tag) => tag.startsWith('<img'));
  expect(pictures).toHaveLength(40 + 24);
  for (const tag of pictures) expect(tag).toMatch(/alt="Test image \d+: /);
  const plots = tags(page).filter((tag) => tag.startsWith('<svg'));
  expect(plots).toHaveLength(2 * 10);
  for (const tag of plots) expect(tag).toMatch(/role="img" aria-label="[^"]{20,}"/);
});

test('the numbers of the report stand on the page', () => {
  const { evaluation, result } = report;
  const text = page.replace(/<[^>]*>/g, ' ');
  for (const value of [
    percent(result.testAccuracy),
    percent(result.testAccuracyInterval.lower),
    percent(result.validationAccuracy),
    '92.02%',
    `${result.testCorrect.toLocaleString('en')} of 5,000`,
    result.testLogLoss!.toFixed(3),
    result.testBrierScore!.toFixed(3),
    percent(result.testTop2Accuracy!),
    '166,970',
  ])
    expectOn(text, value);
  for (const { name, precision, recall, f1 } of evaluation.perClass)
    expectOn(
      page,
      `<th scope="row">${name}</th><td>${percent(precision, 1)}</td><td>${percent(recall, 1)}</td><td>${percent(f1, 1)}</td><td>500</td>`,
    );
  evaluation.confusion.forEach((row, actual) => {
    expectOn(page, `<td>${row[actual]}</td>`);
    const name = evaluation.classes[actual]!;
    row.forEach((count, predicted) => {
      const inWords = new RegExp(
        `>${name}</th><td>\\d+</td><td>[^<]*${evaluation.classes[predicted]}\u00a0\\(${count}\\)`,
      );
      if (count > 0 && predicted !== actual) expect(page).toMatch(inWords);
    });
  });
  for (const { threshold, count, correct } of evaluation.coverage)
    expectOn(
      page,
      `<th scope="row">≥ ${percent(threshold, 0)}</th><td>${percent(count / 5000, 1)}</td><td>${percent(correct / count)}</td>`,
    );
});

test('hostile names stay names', async () => {
  const other = fixture({ classes: hostile, examples: 300, epochs: 3 });
  const dataset = {
    ...other.inputs.dataset,
    title: hostile[0]!,
    source: 'javascript:alert(1)',
    licence: hostile[3]!,
  };
  const training = { ...other.inputs.training, fingerprint: hostile[2]! };
  const origins = other.inputs.origins.map((origin, i) => ({
    ...origin,
    run: hostile[i]!,
    training: hostile[i + 1]!,
    environment: { ...environment, deviceName: hostile[i]! },
  }));
  const attacked = buildReport({ ...other.inputs, training, dataset, origins });
  const text = await renderReport(attacked, other.images);
  const harmless = await renderReport(
    buildReport(fixture({ examples: 300, epochs: 3 }).inputs),
    images,
  );
  const kinds = (html: string) =>
    [...new Set(tags(html).map((tag) => /^<[^\s>]*/.exec(tag)![0]))].sort();
  expect(kinds(text)).toEqual(kinds(harmless));
  expect(tags(text).filter((tag) => /\son\w+\s*=/.test(tag.replace(/"[^"]*"/g, '""')))).toEqual([]);
  expect(text.includes('href="javascript:')).toBe(false);
  expectOn(text, '&lt;script&gt;alert(1)&lt;/script&gt;');
});

test.each<[string, Parameters<typeof fixture>[0]]>([
  ['one epoch, no reference', { epochs: 1, examples: 20, reference: false }],
  ['two classes', { classes: ['no', 'yes'], examples: 100, epochs: 12 }],
  ['many classes', { classes: Array.from({ length: 47 }, (_, i) => `Class ${i}`), examples: 470 }],
])('%s: a page without a hole in it', async (_, scale) => {
  const other = fixture(scale);
  const text = await renderReport(buildReport(other.inputs), other.images);
  expect(hole.exec(text)).toBeNull();
});

// A table or a plot with a cell for each pair of classes made 55 MB of 200 classes.
test('a single confusion is spoken of as one', async () => {
  const { inputs, images } = fixture({ classes: ['cat', 'dog'], examples: 200, epochs: 1 });
  const report = buildReport(inputs);
  expect(report.evaluation.confusedPairs).toHaveLength(1);
  expectOn(await renderReport(report, images), 'The most frequent confusion below makes up 100%');
});

test('few classes are drawn as large as many: names in the size of the page', async () => {
  const widths = ['cat,dog', 'cat,dog,ant,bee,cow,elk,emu,fox,gnu,hen,jay,owl'].map(
    async (names) => {
      const { inputs } = fixture({ classes: names.split(','), examples: 200, epochs: 1 });
      const { confusion } = await renderPlots(buildReport(inputs));
      return /viewBox="0 0 (\d+)/.exec(confusion!)?.[1];
    },
  );
  expect(await Promise.all(widths)).toEqual(['960', '960']);
});

test('200 classes make no large page', async () => {
  const classes = Array.from({ length: 200 }, (_, i) => `Class ${i}`);
  const other = fixture({ classes, examples: 5000, epochs: 2 });
  const text = await renderReport(buildReport(other.inputs), other.images);
  expect(text.length).toBeLessThan(400_000);
  expect(text.match(/<path[^>]* d="M\d+ \d+h1v1h-1z/g)?.length).toBeLessThanOrEqual(20);
  const cells = text.match(/M\d+ \d+h1v1h-1z/g) ?? [];
  const { confusion } = other.inputs.evaluation;
  expect(cells).toHaveLength(confusion.flat().filter((n) => n > 0).length);
});

test.each([
  [0.5, 'is above'],
  [report.result.testAccuracy, 'cannot be told apart from'],
  [0.9999, 'is below'],
])('a reference of %f is compared with as a measurement, too', async (testAccuracy, relation) => {
  const reference = { ...inputs.reference!, testAccuracy };
  const text = await renderReport(buildReport({ ...inputs, reference }), images);
  expectOn(
    text,
    `The test accuracy ${relation} the reference&#39;s ${percent(testAccuracy)}: the 95%`,
  );
});

test('a perfect model is reported without mistakes', async () => {
  const perfect: Report = structuredClone(report);
  Object.assign(perfect.evaluation, {
    mistakes: [],
    confusedPairs: [],
    correct: 5000,
  });
  perfect.evaluation.confusion = perfect.evaluation.confusion.map((row, actual) =>
    row.map((_, predicted) => (actual === predicted ? 500 : 0)),
  );
  const text = await renderReport(perfect, images);
  expectOn(text, 'the model recognises every test image');
  expectOn(text, 'The model takes none of 5,000 images for something else.');
  expect(hole.exec(text)).toBeNull();
});

test('plots stand by themselves, with the colours they name', async () => {
  const plots = await renderPlots(report);
  expect(Object.keys(plots)).toContain('confusion');
  for (const svg of Object.values(plots)) {
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    for (const [, role] of svg.matchAll(/var\(--([\w-]+)\)/g)) expect(svg).toContain(`--${role}:#`);
    expect(svg).toContain('prefers-color-scheme:dark');
  }
});
