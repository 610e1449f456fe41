import { expect, test } from 'vitest';
import { comparisonFixture } from '../../test/fixture.ts';
import { renderComparisonPage } from '../index.ts';

const small = { examples: 200, epochs: 3 };

test('a page shows all of a comparison, and equal ones give equal bytes', async () => {
  const given = comparisonFixture(small);
  const [comparison] = given;
  const page = await renderComparisonPage(...given);
  expect(await renderComparisonPage(...given)).toBe(page);
  expect(page).toContain(comparison.verdict.replace('<', '&lt;'));
  expect(page).toMatch(/network\.dropout<\/th><td>0\.3<\/td><td>0<\/td>/);
  expect(page).not.toContain('<caption>Data</caption>');
  for (const { name } of comparison.classes) expect(page).toContain(`<th scope="row">${name}</th>`);
  expect(page).toContain(`Only A is right: ${comparison.onlyA.length} images`);
  const shown = [comparison.onlyA, comparison.onlyB].map((all) => Math.min(24, all.length));
  expect(page.match(/<img src="data:image\/png/g)).toHaveLength(shown[0]! + shown[1]!);
  expect(page).toContain('Line plot of the validation loss over epochs 1 to 3: A ends at');
});

test('what others wrote is text; one epoch, and no image that only A gets right, are no obstacle', async () => {
  const hostile = '</td><script>alert(1)</script>';
  const [comparison, ...others] = comparisonFixture({
    ...{ examples: 100, epochs: 1 },
    classes: [hostile, 'b', 'c'],
  });
  const page = await renderComparisonPage(
    {
      ...comparison,
      dataset: hostile,
      onlyA: [],
      a: [{ run: hostile, seed: 1, examples: 1 }],
      differs: { ...comparison.differs, data: [{ name: hostile, a: hostile, b: hostile }] },
    },
    ...others,
  );
  expect(page).not.toContain('<script');
  expect(page).toContain('Only A is right: 0 images');
  expect(page).toMatch(/http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;/);
});
