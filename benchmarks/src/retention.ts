import { spawnSync } from 'node:child_process';
import { blobKey, type Objects, openObjects, type StoreSettings, sha256 } from '@atelier/artifacts';
import { toolVariables } from '@atelier/environment';
import { startTestStack } from '@atelier/infra';
import { programArguments } from '@atelier/programs';

export interface RetentionResult {
  objects: number;
  runs: number;
  /** Objects that were removed, of the runs that were not kept. */
  removed: number;
  /** Seconds of the mark alone, as `du` and a dry run need it. */
  markSeconds: number;
  /** Seconds of a whole sweep: mark, announcement, second mark, removal. */
  sweepSeconds: number;
  /** Bytes that the process had at most. */
  peakBytes: number;
}

/** What the child process prints. */
export type SweepMeasurement = Pick<
  RetentionResult,
  'removed' | 'markSeconds' | 'sweepSeconds' | 'peakBytes'
>;

const epochs = 120;
const keptEpochs = 13;
const stages = ['data', 'train', 'select', 'evaluate', 'report'] as const;
const writers = 48;

/** Fills a real MinIO with a year of runs and sweeps all but the newest 30 of them. */
export async function measureRetention(
  objects: number,
  tell: (text: string) => void,
): Promise<RetentionResult> {
  const stack = await startTestStack({ worker: false });
  try {
    const settings: StoreSettings = { ...stack.state.s3, ...stack.root, bucket: 'retention' };
    const store = openObjects(settings);
    await store.makeBucket();
    const { runs, written } = await fill(store, objects, tell);
    tell(`${written} objects of ${runs} runs are written.`);
    // As `atelier prune` runs: the loader of sources alone would be 45 MB.
    const child = new URL('retention-child.ts', import.meta.url);
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      programArguments(child, JSON.stringify(settings)),
      { env: toolVariables(stack.variables), encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`The sweep failed: ${stderr}`);
    return { objects: written, runs, ...(JSON.parse(stdout) as SweepMeasurement) };
  } finally {
    await stack.stop();
  }
}

/** As a default run leaves it: its records and files, and small blobs in the places of large ones. */
async function fill(
  store: Objects,
  atLeast: number,
  tell: (text: string) => void,
): Promise<{ runs: number; written: number }> {
  let runs = 0;
  let written = 0;
  let pending: [string, Buffer][] = [];
  const flush = async (): Promise<void> => {
    // Taken from the end: epochs' records are older than the training's.
    const isEpoch = ([key]: [string, Buffer]): number => Number(key.includes('/epochs/'));
    const some = pending.sort((a, b) => isEpoch(a) - isEpoch(b));
    pending = [];
    const put = async (): Promise<void> => {
      for (let next = some.pop(); next !== undefined; next = some.pop()) {
        await store.put(...next);
        written += 1;
      }
    };
    await Promise.all(Array.from({ length: writers }, put));
  };
  while (written + pending.length < atLeast) {
    pending.push(...objectsOf(runs));
    runs += 1;
    if (pending.length > 5_000) {
      await flush();
      tell(`${written} …`);
    }
  }
  await flush();
  return { runs, written };
}

const day = 86_400_000;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function objectsOf(run: number): [string, Buffer][] {
  const id = `night-${run}`;
  const made: [string, Buffer][] = [];
  const blob = (text: string) => {
    const content = Buffer.from(text.padEnd(200, '.'));
    const ref = { sha256: sha256(content), bytes: content.length };
    made.push([blobKey(ref), content]);
    return ref;
  };
  const gone = (text: string) => ({ sha256: sha256(text), bytes: 2_016_360 });
  const training = sha256(`training ${run}`);
  const commits = Array.from({ length: epochs }, (_, i) => {
    const isKept = i < keptEpochs;
    const text = `checkpoint ${run} ${i}`;
    return {
      epoch: i + 1,
      checkpoint: isKept ? blob(text) : gone(text),
      seconds: 0.4,
      metrics: {},
    };
  });
  for (const commit of commits) {
    const name = String(commit.epoch).padStart(4, '0');
    made.push([`stages/train/${training}/epochs/${name}.json`, json(commit)]);
  }
  const checkpoints = commits
    .slice(keptEpochs)
    .map(({ epoch, checkpoint }) => ({ epoch, sha256: checkpoint.sha256 }));
  made.push([`stages/train/${training}/thinned.json`, json({ schemaVersion: 1, checkpoints })]);
  made.push([`stages/train/${training}/keep/${id}.json`, json({ run: id, keep: 'thinned' })]);
  const history = json({ schemaVersion: 1, epochs: commits });
  const historyRef = { sha256: sha256(history), bytes: history.length };
  made.push([blobKey(historyRef), history]);

  const outcomes: Record<string, { fingerprint: string; outputs: object }> = {};
  for (const stage of stages) {
    const fingerprint = stage === 'train' ? training : sha256(`${stage} ${run}`);
    const outputs =
      stage === 'train'
        ? { history: historyRef }
        : { one: blob(`${stage} one ${run}`), two: blob(`${stage} two ${run}`) };
    outcomes[stage] = { fingerprint, outputs };
    made.push([`stages/${stage}/${fingerprint}.json`, json({ stage, fingerprint, outputs })]);
    made.push([`runs/${id}/stages/${stage}.json`, json({ fingerprint, outputs })]);
  }
  const startedAt = new Date(Date.now() - run * day).toISOString();
  const record = { runId: id, status: 'finished', startedAt, configuration: {}, stages: outcomes };
  made.push([`runs/${id}/training.json`, json({ fingerprint: training })]);
  for (const file of ['report.html', 'report.json', 'model-card.md', 'model/provenance.json'])
    made.push([`runs/${id}/${file}`, Buffer.from(file)]);
  made.push([`runs/${id}/run.json`, json(record)]);
  return made;
}
