import { sha256 } from '@atelier/artifacts';
import { buildReport, type Report, renderModelCard, reportSchema } from '@atelier/report';
import { claim, readJson, readPart, WrongArtifact } from '../../recorded-artifacts.ts';
import type { Store } from '../../run-store.ts';
import { openSplit } from '../data/stored-splits.ts';
import type { InputOf, OutcomeOf } from '../plan.ts';
import { readHistory, type TimedHistory } from '../train/history.ts';
import type { reportPlan } from './plan.ts';
import { readInputs } from './read-inputs.ts';

/** Bytes of report.json for a test image, and for all else together. */
const bytesFor = { image: 200, rest: 64 * 1024 ** 2 };
/** Of report.html: its title stands there. */
const beginning = 4096;

/**
 * Holds a record against what it names and what it was made of. The report's numbers and its card
 * are made again; wall times, and where each epoch was trained, are as the report itself has them.
 * The page, which takes a second, is only looked at.
 * @throws WrongArtifact, DamagedBlob
 */
export async function checkReport(
  store: Store,
  input: InputOf<typeof reportPlan>,
  { outputs }: Pick<OutcomeOf<typeof reportPlan>, 'outputs'>,
): Promise<void> {
  const { data, train } = input.outcomes;
  const atMost = bytesFor.rest + data.summary.counts.test * bytesFor.image;
  const found = await readJson(store, outputs.json, reportSchema, 'its report.json', atMost);
  const times = await timesIn(store, train, found);
  const test = () => openSplit(store, data.outputs.test, 'the test split');
  const expected = buildReport({
    ...(await readInputs(store, input, times, test)),
    training: { fingerprint: train.fingerprint, finishedAt: found.training.finishedAt },
    timings: found.timings,
  });
  claim('its report.json', found, reportSchema.parse(JSON.parse(JSON.stringify(expected))));
  claim('its model card', outputs.modelCard.sha256, sha256(renderModelCard(found)));
  const page = (await readPart(store, outputs.html, 0, beginning)).toString();
  const title = `training ${train.fingerprint.slice(0, 12)}</title>`;
  if (!page.startsWith('<!doctype html>') || !page.includes(title))
    throw new WrongArtifact('its page', 'it is of another training');
}

/** The training's epochs, with the times and places that the report gives them. */
async function timesIn(
  store: Store,
  { outputs }: InputOf<typeof reportPlan>['outcomes']['train'],
  { history, training: { lineage } }: Report,
): Promise<TimedHistory> {
  const { epochs, otherData } = await readHistory(store, outputs.history);
  const seconds = new Map(history.map((line) => [line.epoch, line.seconds]));
  const known = epochs.map(({ checkpoint: _, ...metrics }) => {
    const { epoch } = metrics;
    const span = lineage.find(({ first, last }) => first <= epoch && epoch <= last);
    if (span === undefined)
      throw new WrongArtifact('its report.json', `epoch ${epoch} is of no run`);
    const { run, training, environment } = span;
    return {
      line: { ...metrics, seconds: seconds.get(epoch) ?? 0 },
      origin: { epoch, run, training, environment },
    };
  });
  return {
    history: known.map(({ line }) => line),
    origins: known.map(({ origin }) => origin),
    otherData,
  };
}
