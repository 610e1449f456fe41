import { buildReport, renderModelCard, renderReport } from '@atelier/report';
import type { StageWorker } from '../../stage-activity/stage-activity.ts';
import { throughCache } from '../../stage-cache/stage-cache.ts';
import { openSplit } from '../data/stored-splits.ts';
import { readTimedHistory } from '../train/history.ts';
import { checkReport } from './check-record.ts';
import { reportPlan as plan } from './plan.ts';
import { readAlike, readInputs, readNetwork } from './read-inputs.ts';

export const activity: StageWorker<typeof plan> =
  ({ store }) =>
  (input, context) => {
    const { data, train } = input.outcomes;
    return throughCache(store, {
      plan,
      input,
      context,
      shows: 'wall times and where each epoch was trained',
      check: (record) => checkReport(store, input, record),
      async work() {
        context.tell({ doing: 'drawing the figures' });
        const test = await openSplit(store, data.outputs.test, 'the test split');
        const history = await readTimedHistory(store, train);
        const inputs = await readInputs(store, input, history, async () => test);
        const timings = Object.fromEntries(
          Object.entries(input.outcomes).map(([name, { seconds }]) => [name, seconds]),
        );
        const report = buildReport({ ...inputs, timings });
        // What a person wrote runs in no worker: so it is not made into a page either.
        const isOwn = inputs.network.architecture === 'module';
        const network = isOwn ? undefined : await readNetwork(store, input, inputs.dataset);
        const alike = await readAlike(store, data.outputs, inputs.dataset, test);
        const html = Buffer.from(await renderReport(report, test, network, alike));
        const card = Buffer.from(renderModelCard(report));
        const json = Buffer.from(`${JSON.stringify(report)}\n`);
        return {
          outputs: {
            html: await store.putBlob(html, 'text/html; charset=utf-8'),
            json: await store.putBlob(json, 'application/json'),
            modelCard: await store.putBlob(card, 'text/markdown; charset=utf-8'),
          },
          summary: {},
        };
      },
    });
  };
