import { type BlobRef, blobKey, openObjects } from '@atelier/artifacts';
import { selectCheckpoint } from '@atelier/evaluate';
import type { EpochCommit } from '../../src/run-store.ts';
import type { StageName } from '../../src/stages/index.ts';
import type { Strike } from './strike.ts';
import type { TestBench } from './test-bench.ts';
import { kill, type Victim } from './victims.ts';

type Damage = (bench: TestBench, ref: BlobRef) => Promise<unknown>;

/** As many other bytes. */
export const overwrite: Damage = (bench, ref) =>
  openObjects(bench.state().s3).put(blobKey(ref), Buffer.alloc(ref.bytes, 7));

export const remove: Damage = (bench, ref) => openObjects(bench.state().s3).remove(blobKey(ref));

/** Damages an artifact of a stage that is done. */
export const damageArtifact =
  (damage: Damage, stage: StageName, name: string): Strike =>
  async (bench) => {
    const [record] = await bench.store.recentStages(stage, 1);
    await damage(bench, record!.outputs[name]!);
    return [];
  };

/** Damages the checkpoint that selection is going to choose. */
export const damageChosen =
  (damage: Damage): Strike =>
  async (bench) => {
    const commits = await commitsOf(bench);
    const { epoch } = selectCheckpoint(
      commits.map(({ epoch, metrics }) => ({ epoch, ...metrics })),
    );
    await damage(bench, commits[epoch - 1]!.checkpoint);
    return [];
  };

/** Damages the newest checkpoint and kills, so that training has to look for one. */
export const damageNewest =
  (damage: Damage, victim: Victim): Strike =>
  async (bench) => {
    const after = await kill(bench, victim);
    await damage(bench, (await commitsOf(bench)).at(-1)!.checkpoint);
    return after;
  };

async function commitsOf({ state, store }: TestBench): Promise<EpochCommit[]> {
  const [training] = await openObjects(state().s3).listFolders('stages/train/');
  return (await store.readEpochs(training!)).commits;
}
