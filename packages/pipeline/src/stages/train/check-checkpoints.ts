import { type BlobRef, canonicalJson, DamagedBlob } from '@atelier/artifacts';
import { recordedNetwork } from '@atelier/model/network';
import { type CheckpointIdentity, checkpointHeader } from '@atelier/train';
import { readHeader, WrongArtifact } from '../../recorded-artifacts.ts';
import type { Adoption } from '../../run-configuration.ts';
import type { Store } from '../../run-store.ts';
import type { Expectation } from './resume-point.ts';

interface Committed {
  epoch: number;
  checkpoint: BlobRef;
}

/** Requests to the store at the same time. */
const atOnce = 16;

/**
 * The first epoch whose checkpoint is gone, of another size or not of that epoch, by its header
 * alone: whoever uses one verifies its digest.
 * @param expected what training its own epochs are of; adopted ones are of another
 */
export async function wrongCheckpoint(
  store: Store,
  epochs: readonly Committed[],
  expected: Expectation | undefined,
  adopt?: Adoption,
): Promise<{ epoch: number; problem: string } | undefined> {
  for (let i = 0; i < epochs.length; i += atOnce) {
    const some = epochs.slice(i, i + atOnce);
    const problems = await Promise.all(
      some.map((committed) => {
        const isOwn = committed.epoch > (adopt?.epoch ?? 0);
        return problemOf(store, committed, isOwn ? expected : undefined);
      }),
    );
    const at = problems.findIndex((problem) => problem !== undefined);
    if (at >= 0) return { epoch: some[at]!.epoch, problem: problems[at]! };
  }
  return undefined;
}

async function problemOf(
  store: Store,
  { epoch, checkpoint }: Committed,
  expected: Expectation | undefined,
): Promise<string | undefined> {
  const name = `the checkpoint of epoch ${epoch}`;
  try {
    const found = await readHeader(store, checkpoint, name, checkpointHeader);
    return isOf(found, epoch, expected) ? undefined : `${name} is of another training`;
  } catch (error) {
    if (error instanceof DamagedBlob) return `${name} is ${error.fault}`;
    if (error instanceof WrongArtifact) return error.problem;
    throw error;
  }
}

/** Whether a checkpoint is of an epoch and, where one is given, of a training. */
export function isOf(
  { epoch, seed, network, recipe }: CheckpointIdentity,
  expectedEpoch: number,
  expected: Expectation | undefined,
): boolean {
  const claims = { epoch, ...(expected && { seed, network: recordedNetwork(network), recipe }) };
  return canonicalJson(claims) === canonicalJson({ epoch: expectedEpoch, ...expected });
}
