import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { readSplit, type SplitFiles } from '@atelier/data';
import { writeWhole } from '@atelier/files';
import { loadNetwork } from '@atelier/model';
import { decodeSafetensors } from '@atelier/safetensors';
import { type ParentLink, serveParent } from '@atelier/subprocess';
import { describeEnvironment } from '@atelier/tensorflow';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { takenTensors } from './initialise.ts';
import type { TrainingEvent, TrainingRequest, TrainingResult } from './run-training.ts';
import { train } from './train.ts';

serveParent(trainForParent);

async function trainForParent(
  request: TrainingRequest,
  { send, signal }: ParentLink<TrainingEvent>,
): Promise<TrainingResult> {
  const {
    network,
    recipe,
    seed,
    normalisation,
    directory,
    threads,
    resumeFrom,
    initialiseFrom,
    networkPath,
  } = request;
  const source = networkPath && (await readFile(networkPath, 'utf8'));
  loadNetwork({ network, source });
  const environment = describeEnvironment(threads === undefined ? {} : { threads });
  const { blockBytes } = request;
  const open = async (files: SplitFiles) => ({ ...(await readSplit(files)), blockBytes });
  const [trainSplit, validation] = await Promise.all([
    open(request.train),
    open(request.validation),
  ]);
  const resume =
    resumeFrom === undefined ? undefined : decodeCheckpoint(await readFile(resumeFrom), resumeFrom);
  const initial =
    resume || initialiseFrom === undefined
      ? undefined
      : takenTensors(
          network,
          decodeSafetensors(await readFile(initialiseFrom), initialiseFrom).tensors,
          initialiseFrom,
        );
  await send({ kind: 'started', environment, epoch: resume?.epoch ?? 0 });
  const history = await train({
    data: { train: trainSplit, validation, shape: trainSplit.shape, normalisation },
    network,
    recipe,
    seed,
    resume,
    initial,
    signal,
    now: () => performance.now(),
    onProgress: async (progress) => {
      void send({ kind: 'progress', ...progress });
      // Messages of the parent are read now, a cancellation among them.
      await turn();
    },
    onEpoch: async (record, checkpoint) => {
      const bytes = encodeCheckpoint({ ...checkpoint, source });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const file = path.join(
        directory,
        `epoch-${String(record.epoch).padStart(4, '0')}.safetensors`,
      );
      await writeWhole(file, bytes);
      await send({ kind: 'epoch', record, checkpoint: file, sha256 });
    },
  });
  return { history, environment };
}
