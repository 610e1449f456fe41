import { spreadOver } from '@atelier/evaluate/seed-spread';
import { expect, test } from 'vitest';
import { fixture } from '../test/fixture.ts';
import { buildReport, renderModelCard, renderReport, reportSchema } from './index.ts';

const { inputs, images } = fixture({ examples: 100, epochs: 4 });
const seeds = spreadOver([
  { seed: 5, validationAccuracy: 0.9, testAccuracy: 0.91 },
  { seed: 6, validationAccuracy: 0.88, testAccuracy: 0.93 },
  { seed: 7, validationAccuracy: 0.89, testAccuracy: 0.92 },
]);

test('a report of the median of several seeds says so, and how far they lie apart', async () => {
  const report = buildReport({ ...inputs, seed: 7, seeds });
  expect(reportSchema.parse(JSON.parse(JSON.stringify(report))).seeds).toEqual(seeds);
  const sentence =
    'Seed 7 is the median of the seeds 5, 6, 7 by validation accuracy. Over them the validation accuracy goes from 88.00% to 90.00% (median 89.00%, standard deviation 1.00%), the test accuracy from 91.00% to 93.00% (median 92.00%, standard deviation 1.00%).';
  expect(await renderReport(report, images)).toContain(`<p class="about">${sentence}</p>`);
  expect(renderModelCard(report)).toContain(`- ${sentence}`);
});

test('of a seed that was trained alone nothing is said', async () => {
  const report = buildReport(inputs);
  expect(report).not.toHaveProperty('seeds');
  expect(await renderReport(report, images)).not.toContain('the median of');
});
