import type { BlobRef } from '@atelier/artifacts';
import type { Edit } from './edits.ts';
import {
  all,
  bytes,
  changed,
  deep,
  epoch,
  epochKey,
  huge,
  overwritten,
  record,
  type Scene,
  stageKey,
} from './tampering.ts';

/** What is edited of a history. */
interface History {
  epochs: { epoch: number; validationAccuracy: number; checkpoint: BlobRef }[];
}

const history = (change: (history: History) => unknown) =>
  record('train', async (it, scene) => {
    it.outputs.history = await changed(scene, scene.stages.train.outputs.history, change);
  });

const checkpointOf = async ({ store, stages }: Scene, n: number): Promise<BlobRef> => {
  const { commits } = await store.readEpochs(stages.train.fingerprint);
  return commits[n - 1]!.checkpoint;
};

export const trainingEdits: readonly Edit[] = [
  {
    name: 'train/epochs-negative',
    title: 'the summary counts -3 epochs',
    tamper: record('train', (it) => (it.summary.epochs = -3)),
  },
  {
    name: 'train/epochs-fewer',
    title: 'the summary counts an epoch too few',
    tamper: record('train', (it) => (it.summary.epochs = Number(it.summary.epochs) - 1)),
  },
  {
    name: 'train/seed-changed',
    title: 'the inputs name another seed',
    tamper: record('train', (it) => (it.inputs.seed = 7)),
  },
  {
    name: 'train/version-raised',
    title: 'the version is of the future',
    tamper: record('train', (it) => (it.version = 99)),
  },
  {
    name: 'train/history-is-an-evaluation',
    title: 'the history is the evaluation',
    tamper: record('train', (it, { stages }) => {
      it.outputs.history = stages.evaluate.outputs.evaluation;
    }),
  },
  {
    name: 'train/history-shortened',
    title: 'a forged history lacks the last epoch',
    tamper: history(({ epochs }) => epochs.pop()),
  },
  {
    name: 'train/history-flattered',
    title: 'a forged history claims a validation accuracy of 0.9999',
    tamper: history(({ epochs }) => (epochs[1]!.validationAccuracy = 0.9999)),
  },
  {
    name: 'train/record-of-another-kind',
    title: "the record is that of the stage's evaluation",
    tamper: async (scene) => {
      const { content } = (await scene.objects.get(stageKey(scene, 'evaluate'), 1024 ** 2))!;
      await scene.objects.put(stageKey(scene, 'train'), content!);
    },
  },
  {
    name: 'epoch/accuracy-flattered',
    title: "an epoch's record claims a validation accuracy of 0.9999",
    tamper: epoch(2, ({ metrics }) => (metrics.validationAccuracy = 0.9999)),
  },
  {
    name: 'epoch/accuracy-as-text',
    title: "an epoch's record has a text for its accuracy",
    tamper: epoch(2, ({ metrics }) => (metrics.validationAccuracy = 'excellent')),
  },
  {
    name: 'epoch/loss-infinite',
    title: "an epoch's loss is 1e999",
    tamper: async (scene) => {
      const key = epochKey(scene, 2);
      const text = (await scene.objects.get(key, 1024 ** 2))!.content!.toString();
      const endless = text.replace(/("trainLoss": )[^,]+/, '$11e999');
      await scene.objects.put(key, Buffer.from(endless));
    },
  },
  {
    name: 'epoch/checkpoint-is-a-model',
    title: "an epoch's checkpoint is the chosen model, in record and history",
    tamper: all(
      epoch(2, (it, { stages }) => (it.checkpoint = stages.select.outputs.model)),
      record('train', async (it, scene) => {
        it.outputs.history = await changed<History>(
          scene,
          scene.stages.train.outputs.history,
          ({ epochs }) => (epochs[1]!.checkpoint = scene.stages.select.outputs.model),
        );
      }),
    ),
  },
  {
    name: 'epoch/checkpoint-of-another-epoch',
    title: "the last epoch's checkpoint is the first one's, in record and history",
    tamper: all(
      epoch(3, async (it, scene) => (it.checkpoint = await checkpointOf(scene, 1))),
      record('train', async (it, scene) => {
        const first = await checkpointOf(scene, 1);
        it.outputs.history = await changed<History>(
          scene,
          scene.stages.train.outputs.history,
          ({ epochs }) => (epochs[2]!.checkpoint = first),
        );
      }),
    ),
  },
  {
    name: 'epoch/checkpoint-overwritten',
    title: 'a checkpoint is overwritten with as many other bytes',
    tamper: async (scene) => {
      const ref = await checkpointOf(scene, 2);
      await overwritten(() => ref)(scene);
    },
  },
  {
    name: 'epoch/of-the-future',
    title: "there is an epoch behind the last one, and the training's record is gone",
    tamper: async (scene) => {
      const { commits } = await scene.store.readEpochs(scene.stages.train.fingerprint);
      const last = commits.at(-1)!;
      await scene.store.commitEpoch(scene.stages.train.fingerprint, {
        ...last,
        epoch: last.epoch + 1,
      });
      await scene.objects.remove(stageKey(scene, 'train'));
    },
  },
  {
    name: 'epoch/nested',
    title: "an epoch's record is nested 200,000 deep",
    tamper: bytes((scene) => epochKey(scene, 2), deep),
  },
  {
    name: 'epoch/huge',
    title: "an epoch's record has 50 MB",
    tamper: bytes((scene) => epochKey(scene, 2), huge),
  },
];
