import { expect, test } from 'vitest';
import { fixture } from '../test/fixture.ts';
import { buildReport, type Report, renderModelCard } from './index.ts';

const { inputs } = fixture();
const report = buildReport(inputs);
const card = renderModelCard(report);

test('front matter, then the sections that a model card has', () => {
  expect(card).toMatch(/^---\n(?:.*\n)+?---\n\n# Fashion-MNIST classifier\n/);
  expect(card.match(/^## .*/gm)).toEqual([
    '## Intended use',
    '## Data',
    '## Training',
    '## Results',
    '## Limits',
  ]);
  expect(card).not.toMatch(/NaN|undefined|Infinity|\[object/);
});

test('the result stands in the front matter as a number and in the text with its interval', () => {
  const { testAccuracy, testAccuracyInterval } = report.result;
  expect(card).toContain(`{ type: accuracy, name: "Test accuracy", value: ${testAccuracy} }`);
  expect(card).toContain(
    `${(100 * testAccuracy).toFixed(2)}% (95% interval ${(100 * testAccuracyInterval.lower).toFixed(2)}%`,
  );
  expect(card).toContain('Reference (the recipe)');
});

test('only what was published has an official set; nothing frozen is said in a word', () => {
  expect(card).toContain(
    'The official test set is divided into validation and test, class by class',
  );
  expect(card).toContain('| freeze | none |');
  const { dataset } = report;
  const pictures = {
    leftOut: { count: 0 },
    nearDuplicates: { across: { trainTest: 31 } },
  } as never;
  const own = { ...dataset, validationFrom: 'train' as const };
  const text = renderModelCard({
    ...report,
    dataset: { ...own, contract: { ...own.contract, pictures } },
  });
  expect(text).toContain('The training pictures are divided into train and validation, class by');
  expect(text).not.toContain('official');
  expect(text).toContain('\n31 test pictures look like one in train, without being equal.\n');
  expect(card).not.toContain('look like one');
});

test('what is needed to use the weights is there', () => {
  expect(card).toContain('`(pixel / 255 - 0.286) / 0.353`');
  expect(card).toContain('0 T-shirt/top, 1 Trouser');
});

test('hostile names mean nothing in Markdown, in a table or in the front matter', () => {
  const classes = ['a|b', '<script>', '[x](javascript:alert(1))', '`code`', '# head\n---'];
  const other = fixture({ classes, examples: 100, epochs: 2 });
  const dataset = { ...other.inputs.dataset, name: 'x"\n---\n', title: '*t*: "q"\n---' };
  const text = renderModelCard(buildReport({ ...other.inputs, dataset }));
  const [, front = '', ...body] = text.split(/^---$/m);
  expect(front).toContain('datasets: ["x\\"\\n---\\n"]');
  expect(body.join('')).toContain('\\*t\\*: "q" ---');
  const table = text.split('\n').filter((line) => line.startsWith('| a\\|b'));
  expect(table[0]).toMatch(/^\| a\\\|b \|(?: [\d.,]+%? \|){4}$/);
  expect(text).not.toMatch(/(?<!\\)<script|(?<!\\)\[x|(?<!\\)`code/);
});

test('a network that a person wrote may have any name', () => {
  const [image, classes] = [{ height: 28, width: 28, channels: 1 }, 10];
  const network: Report['network'] = {
    ...{ inputs: 784, classes, image, architecture: 'module', name: '<script>`code`.ts' },
    ...{ module: { sha256: 'ab'.repeat(32), bytes: 9 }, options: { of: '[x](y)' } },
    ...{ for: { classes, image }, tensors: [], multiplyAdds: 0 },
  };
  const text = renderModelCard({ ...report, network });
  expect(text).toContain('the module \\<script\\>\\`code\\`.ts (SHA-256 abababababab');
  expect(text).not.toMatch(/(?<!\\)<script|(?<!\\)\[x|(?<!\\)`code/);
});

test('equal reports give equal bytes', () => {
  expect(renderModelCard(structuredClone(report))).toBe(card);
});
