import { decodeModel, encodeModel } from '@atelier/model';
import { decodeSafetensors } from '@atelier/safetensors';
import type { Edit } from './edits.ts';
import { bytes, forged, record, type Scene, stageKey } from './tampering.ts';

/** The model of an epoch that was not chosen, under the name of the chosen one. */
async function modelOfAnotherEpoch(scene: Scene): Promise<Buffer> {
  const { stages, store } = scene;
  const { commits } = await store.readEpochs(stages.train.fingerprint);
  const other = commits.find(({ epoch }) => epoch !== stages.select.summary.epoch)!;
  const { metadata } = decodeSafetensors(await store.getBlob(stages.select.outputs.model), 'model');
  const { network: _, ...more } = metadata;
  const model = decodeModel(await store.getBlob(other.checkpoint), 'checkpoint');
  return Buffer.from(encodeModel(model, more));
}

export const selectionEdits: readonly Edit[] = [
  {
    name: 'select/epoch-zero',
    title: 'the summary chooses epoch 0',
    tamper: record('select', (it) => (it.summary.epoch = 0)),
  },
  {
    name: 'select/accuracy-flattered',
    title: 'the summary claims a validation accuracy of 0.9999',
    tamper: record('select', (it) => (it.summary.validationAccuracy = 0.9999)),
  },
  {
    name: 'select/model-is-predictions',
    title: 'the model is the predictions',
    tamper: record('select', (it, { stages }) => {
      it.outputs.model = stages.evaluate.outputs.predictions;
    }),
  },
  {
    name: 'select/model-of-another-epoch',
    title: 'the model is that of an epoch that was not chosen',
    tamper: record('select', async (it, scene) => {
      it.outputs.model = await forged(scene, await modelOfAnotherEpoch(scene));
    }),
  },
  {
    name: 'select/selection-forged',
    title: 'the selection is a document of nothing',
    tamper: record('select', async (it, scene) => (it.outputs.selection = await forged(scene, {}))),
  },
  {
    name: 'select/cut-short',
    title: 'the record ends in its middle',
    tamper: bytes((scene) => stageKey(scene, 'select'), '{"schemaVersion": 1, "stage": "sel'),
  },
];
