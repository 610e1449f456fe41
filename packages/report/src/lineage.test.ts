import { expect, test } from 'vitest';
import { environment, fixture } from '../test/fixture.ts';
import { buildReport, renderModelCard, renderReport, reportSchema } from './index.ts';
import { describeLineage, type EpochOrigin, lineageOf } from './lineage.ts';

const { inputs, images } = fixture({ epochs: 6, examples: 100 });

const reportOf = (change: (epoch: number) => Partial<EpochOrigin>) =>
  buildReport({
    ...inputs,
    origins: inputs.origins.map((origin) => ({ ...origin, ...change(origin.epoch) })),
  });

test('one run in one environment is one span, of which nothing needs to be said', () => {
  const report = reportOf((epoch) => ({ environment: { ...environment, cores: epoch } }));
  expect(report.training.lineage).toMatchObject([{ first: 1, last: 6 }]);
  expect(describeLineage(report)).toEqual([]);
});

test('what other runs trained is named, and what was adopted from another training, too', () => {
  const adopted = (epoch: number) => ({ run: 'first', training: 'ab'.repeat(32), epoch });
  const report = reportOf((epoch) =>
    epoch <= 3 ? adopted(epoch) : epoch === 4 ? { run: 'killed' } : { run: 'last' },
  );
  expect(describeLineage(report)).toEqual([
    'Epochs 1 to 3 from run first, training abababababab.',
    'Epoch 4 by run killed.',
    'Epochs 5 to 6 by run last.',
  ]);
  expect(reportSchema.parse(report).training.lineage).toHaveLength(3);
});

test('another environment is written down on the page and in the model card', async () => {
  const there = { ...environment, deviceName: 'Xeon', tensorflow: '2.22.0' };
  const report = reportOf((epoch) => (epoch < 5 ? {} : { environment: there }));
  const sentence =
    'AMD EPYC 9B14 with TensorFlow 2.21.0 trained up to epoch 4, Xeon with TensorFlow 2.22.0 from epoch 5 (TensorFlow 2.21.0 → 2.22.0, device name AMD EPYC 9B14 → Xeon). Results are bit-exact on either side of the change.';
  expect(describeLineage(report)).toContain(sentence);
  expect(renderModelCard(report)).toContain(sentence);
  expect((await renderReport(report, images)).includes(sentence)).toBe(true);
  expect(report.environment).toEqual(there);
});

test('an epoch that returns to an earlier origin begins a span of its own', () => {
  const origins = [1, 2, 3].map((epoch) => ({
    ...inputs.origins[0]!,
    epoch,
    run: epoch === 2 ? 'b' : 'a',
  }));
  expect(lineageOf(origins).map(({ run }) => run)).toEqual(['a', 'b', 'a']);
});
