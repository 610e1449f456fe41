import {
  decodePredictions,
  type Evaluation,
  encodePredictions,
  predictedClasses,
} from '@atelier/evaluate';
import type { Edit } from './edits.ts';
import { bytes, changed, deep, forged, huge, record, type Scene, stageKey } from './tampering.ts';

/** Predictions that are all right, because the classes are what was predicted. */
async function allRight(scene: Scene): Promise<Buffer> {
  const { predictions } = scene.stages.evaluate.outputs;
  const decoded = decodePredictions(await scene.store.getBlob(predictions), 'predictions');
  const labels = predictedClasses(decoded);
  return Buffer.from(encodePredictions({ ...decoded, labels }));
}

const text = (stage: 'evaluate', from: RegExp, to: string) => async (scene: Scene) => {
  const key = stageKey(scene, stage);
  const content = (await scene.objects.get(key, 1024 ** 2))!.content!.toString();
  await scene.objects.put(key, Buffer.from(content.replace(from, to)));
};

export const evaluationEdits: readonly Edit[] = [
  {
    name: 'evaluate/accuracy-as-text',
    title: 'the test accuracy is a text',
    tamper: record('evaluate', (it) => (it.summary.testAccuracy = 'excellent')),
  },
  {
    name: 'evaluate/accuracy-flattered',
    title: 'the test accuracy is 0.9999',
    tamper: record('evaluate', (it) => (it.summary.testAccuracy = 0.9999)),
  },
  {
    name: 'evaluate/accuracy-infinite',
    title: 'the test accuracy is 1e999',
    tamper: text('evaluate', /("testAccuracy": )[^,]+/, '$11e999'),
  },
  {
    name: 'evaluate/no-summary',
    title: 'the summary is empty',
    tamper: record('evaluate', (it) => (it.summary = {})),
  },
  {
    name: 'evaluate/evaluation-flattered',
    title: 'a forged evaluation and the summary agree on a test accuracy of 0.9999',
    tamper: record('evaluate', async (it, scene) => {
      it.outputs.evaluation = await changed<Evaluation>(
        scene,
        scene.stages.evaluate.outputs.evaluation,
        ({ metrics }) => (metrics.accuracy.value = 0.9999),
      );
      it.summary.testAccuracy = 0.9999;
    }),
  },
  {
    name: 'evaluate/predictions-all-right',
    title: 'forged predictions have the predicted classes for the actual ones',
    tamper: record('evaluate', async (it, scene) => {
      it.outputs.predictions = await forged(scene, await allRight(scene));
    }),
  },
  {
    name: 'evaluate/predictions-are-a-model',
    title: 'the predictions are the chosen model',
    tamper: record('evaluate', (it, { stages }) => {
      it.outputs.predictions = stages.select.outputs.model;
    }),
  },
  {
    name: 'evaluate/own-record-wrong',
    title: 'the wrong record is of the very run that comes next',
    tamper: record('evaluate', (it, { next }) => {
      it.madeBy = next;
      it.summary.testAccuracy = 0.9999;
    }),
  },
  {
    name: 'evaluate/prototype',
    title: 'the record has a field `__proto__`',
    tamper: text('evaluate', /\{/, '{"__proto__": {"summary": {}},'),
  },
  {
    name: 'evaluate/nested',
    title: 'the record is nested 200,000 deep',
    tamper: bytes((scene) => stageKey(scene, 'evaluate'), deep),
  },
  {
    name: 'evaluate/huge',
    title: 'the record has 50 MB',
    tamper: bytes((scene) => stageKey(scene, 'evaluate'), huge),
  },
];
