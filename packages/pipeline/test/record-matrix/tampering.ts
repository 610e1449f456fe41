import { type BlobRef, blobKey } from '@atelier/artifacts';
import type { StageName } from '../../src/stages/index.ts';
import type { RecordBench } from './record-bench.ts';

/** What an edit gets: the bench, and the name of the equal run that comes next. */
export interface Scene extends RecordBench {
  next: string;
}

export type Tamper = (scene: Scene) => Promise<unknown>;

/** A stage's record, open to any edit. */
interface Record_ {
  fingerprint: string;
  version: number;
  inputs: Record<string, unknown>;
  outputs: Record<string, BlobRef>;
  summary: Record<string, unknown>;
  timing: Record<string, unknown>;
  madeBy: string;
  [more: string]: unknown;
}

/** An epoch's record, open to any edit. */
interface Commit {
  epoch: number;
  metrics: Record<string, unknown>;
  checkpoint: BlobRef;
  [more: string]: unknown;
}

export const stageKey = ({ stages }: RecordBench, stage: StageName): string =>
  `stages/${stage}/${stages[stage].fingerprint}.json`;

export const epochKey = ({ stages }: RecordBench, epoch: number): string =>
  `stages/train/${stages.train.fingerprint}/epochs/${String(epoch).padStart(4, '0')}.json`;

/** Enough for any record. */
const atMost = 1024 ** 2;

async function edit<T>(scene: Scene, key: string, change: (value: T) => unknown): Promise<void> {
  const value = JSON.parse((await scene.objects.get(key, atMost))!.content!.toString()) as T;
  await change(value);
  await scene.objects.put(key, json(value));
}

/** Changes a stage's record. */
export const record =
  (stage: StageName, change: (record: Record_, scene: Scene) => unknown): Tamper =>
  (scene) =>
    edit<Record_>(scene, stageKey(scene, stage), (value) => change(value, scene));

/** Changes an epoch's record. */
export const epoch =
  (n: number, change: (commit: Commit, scene: Scene) => unknown): Tamper =>
  (scene) =>
    edit<Commit>(scene, epochKey(scene, n), (value) => change(value, scene));

/** Puts other bytes in an object's place. */
export const bytes =
  (key: (scene: Scene) => string, content: Buffer | string): Tamper =>
  (scene) =>
    scene.objects.put(key(scene), Buffer.from(content));

/** As many other bytes in the place of a blob's. */
export const overwritten =
  (ref: (scene: Scene) => BlobRef): Tamper =>
  (scene) =>
    scene.objects.put(blobKey(ref(scene)), Buffer.alloc(ref(scene).bytes, 7));

export const all =
  (...tampers: Tamper[]): Tamper =>
  async (scene) => {
    for (const tamper of tampers) await tamper(scene);
  };

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value, null, 2));

/** A blob of somebody's own, with the right digest. */
export const forged = ({ store }: Scene, value: unknown): Promise<BlobRef> =>
  store.putBlob(Buffer.isBuffer(value) ? value : json(value));

/** A JSON artifact with changes. */
export async function changed<T>(
  scene: Scene,
  ref: BlobRef,
  change: (value: T) => unknown,
): Promise<BlobRef> {
  const value = JSON.parse((await scene.store.getBlob(ref)).toString()) as T;
  await change(value);
  return forged(scene, value);
}

/** JSON of so many lists in each other that nothing recursive gets over it. */
export const deep = `{"a": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
export const huge = Buffer.alloc(50_000_000, ' ');
