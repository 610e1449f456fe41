import { expect, test } from 'vitest';
import { fixture } from '../test/fixture.ts';
import { buildReport, type Report, renderModelCard, renderReport, reportSchema } from './index.ts';
import { historyPlots } from './plots/history-plots.ts';

const { inputs, images } = fixture({ examples: 100, epochs: 4 });
const adopted = {
  first: 1,
  last: 2,
  title: 'Fashion-MNIST',
  splitSeed: 1,
  testInTraining: 0,
  testInValidation: 7,
};
const withAdopted = (...adoptedData: (typeof adopted)[]) => {
  const [origin] = inputs.origins;
  const origins = inputs.origins.map(({ epoch }) =>
    epoch <= 2
      ? { ...origin!, epoch, run: 'earlier', training: 'f'.repeat(64) }
      : { ...origin!, epoch },
  );
  return buildReport({ ...inputs, origins, adoptedData });
};
const claim = 'On 100 test images that played no part in training or in choosing the epoch.';

test('a training of its own says nothing of other data', () => {
  const report = buildReport(inputs);
  expect(report.training).not.toHaveProperty('adoptedData');
  expect(renderModelCard(report)).toContain(claim);
});

test('test images that adopted epochs were validated on are counted in card and report', async () => {
  const report = withAdopted(adopted);
  expect(reportSchema.parse(report).training.adoptedData).toEqual([adopted]);
  const card = renderModelCard(report);
  expect(card).not.toContain('played no part');
  expect(card).toContain(
    'On 100 test images, of which adopted epochs knew 7 that epochs 1 to 2 were validated on.',
  );
  expect(card).toContain(
    'Epochs 1 to 2 were trained and validated on other data (Fashion-MNIST, split seed 1) and took no part in choosing the epoch.',
  );
  expect(card).toContain('the test accuracy flatters, too');
  const page = await renderReport(report, images);
  expect(page).toContain(', of which adopted epochs knew 7 that epochs 1 to 2 were validated on.');
});

test('test images that adopted epochs learned from are counted apart', () => {
  const report = withAdopted({ ...adopted, testInTraining: 1200 });
  expect(renderModelCard(report)).toContain(
    'knew 1,200 that epochs 1 to 2 learned from and 7 that epochs 1 to 2 were validated on.',
  );
});

test('other data that shares no test image leaves the claim as it is, and is named', () => {
  const card = renderModelCard(withAdopted({ ...adopted, testInValidation: 0 }));
  expect(card).toContain(claim);
  expect(card).toContain('trained and validated on other data');
  expect(card).toContain('the test accuracy does not');
});

test('the plots show no validation score of other data', () => {
  const rows = (id: string, report: Report) => {
    const { draw } = historyPlots(report).find((candidate) => candidate.id === id)!;
    if (typeof draw === 'string') throw new Error(`Plot ${id} is drawn already.`);
    return JSON.parse(JSON.stringify(draw('wide').spec)).layer[1].data.values as {
      epoch: number;
      curve: string;
    }[];
  };
  const epochs = (report: Report, curve: string) =>
    rows('accuracy', report).flatMap((row) => (row.curve === curve ? [row.epoch] : []));
  expect(epochs(buildReport(inputs), 'validation')).toEqual([1, 2, 3, 4]);
  expect(epochs(withAdopted(adopted), 'validation')).toEqual([3, 4]);
  expect(epochs(withAdopted(adopted), 'training')).toEqual([1, 2, 3, 4]);
});
