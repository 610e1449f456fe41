import type { Report } from '@atelier/report';
import type { Edit } from './edits.ts';
import { bytes, changed, deep, forged, huge, json, record, stageKey } from './tampering.ts';

const latest = (): string => 'registry/latest.json';

export const reportEdits: readonly Edit[] = [
  {
    name: 'report/page-is-a-model',
    title: 'the page is the chosen model',
    tamper: record('report', (it, { stages }) => (it.outputs.html = stages.select.outputs.model)),
  },
  {
    name: 'report/numbers-flattered',
    title: 'a forged report.json claims a test accuracy of 0.9999',
    tamper: record('report', async (it, scene) => {
      it.outputs.json = await changed<Report>(
        scene,
        scene.stages.report.outputs.json,
        ({ result }) => (result.testAccuracy = 0.9999),
      );
    }),
  },
  {
    name: 'report/card-forged',
    title: 'the model card says something else',
    tamper: record('report', async (it, scene) => {
      it.outputs.modelCard = await forged(scene, Buffer.from('# The best model there is\n'));
    }),
  },
  {
    name: 'report/made-by-an-escape',
    title: 'it was made by a run whose name moves the cursor',
    tamper: record('report', (it) => (it.madeBy = 'run\u001b[2J\u001b[1;1H')),
  },
  {
    name: 'report/time-as-text',
    title: 'it was finished yesterday, in a word',
    tamper: record('report', (it) => (it.timing.finishedAt = 'yesterday')),
  },
  {
    name: 'report/field-too-many',
    title: 'the record has one field too many',
    tamper: record('report', (it) => (it.approved = true)),
  },
  {
    name: 'report/empty',
    title: 'the record is an empty file',
    tamper: bytes((scene) => stageKey(scene, 'report'), ''),
  },
  {
    name: 'report/a-list',
    title: 'the record is a list',
    tamper: bytes((scene) => stageKey(scene, 'report'), '[]'),
  },
  {
    name: 'latest/into-the-future',
    title: '`registry/latest.json` names a run that starts in a hundred years',
    tamper: ({ objects, base }) =>
      objects.put(latest(), json({ runId: base, startedAt: '2126-01-31T02:00:00.000Z' })),
  },
  {
    name: 'latest/to-nothing',
    title: '`registry/latest.json` names a run that there is not',
    tamper: ({ objects }) =>
      objects.put(latest(), json({ runId: 'nobody', startedAt: new Date().toISOString() })),
  },
  {
    name: 'latest/nested',
    title: '`registry/latest.json` is nested 200,000 deep',
    tamper: bytes(latest, deep),
  },
  {
    name: 'latest/huge',
    title: '`registry/latest.json` has 50 MB',
    tamper: bytes(latest, huge),
  },
  {
    name: 'run/record-huge',
    title: "the earlier run's run.json has 50 MB",
    tamper: bytes(({ base }) => `runs/${base}/run.json`, huge),
  },
  {
    name: 'run/training-forged',
    title: "the earlier run's training.json leads out of its folder",
    tamper: bytes(
      ({ base }) => `runs/${base}/training.json`,
      '{"schemaVersion": 1, "fingerprint": "../../../blobs"}',
    ),
    unread: true,
  },
];
