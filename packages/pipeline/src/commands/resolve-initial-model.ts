import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UserError } from '@atelier/errors';
import { decodeSafetensors } from '@atelier/safetensors';
import { describeInitialisation, takenTensors } from '@atelier/train/initialise';
import type { InitialModel, RunConfig } from '../run-configuration.ts';
import type { Store } from '../run-store.ts';
import { matched } from '../stages/train/initial-model.ts';
import { wholeNetwork } from '../stages/train/plan.ts';
import type { Console } from '../terminal/console.ts';
import { namedRun, signedIfDemanded } from './finished-run.ts';
import { modelRef } from './run-model.ts';

const suffix = '.safetensors';

/**
 * Finds the model that a training shall begin with, and says what fits of it. A file is put into the
 * store, so that a worker on any machine has it, also when the file is gone.
 * @param named a run, a tag, `champion`, or the path of a .safetensors file
 * @throws UserError for a model that there is not, and where nothing of it fits the network
 */
export async function resolveInitialModel(
  store: Store,
  named: string,
  { dataset, network, adopt }: Pick<RunConfig, 'dataset' | 'network' | 'adopt'>,
  console: Console,
): Promise<InitialModel> {
  if (adopt)
    throw new UserError({
      what: '--adopt and --initialise cannot be given together.',
      where: '--adopt, --initialise',
      expected: 'one of them: an adopted epoch has its weights, and its moments',
      found: 'both',
    });
  // No run's name has a slash: a path is one whatever it ends in.
  const found =
    named.endsWith(suffix) || named.includes('/')
      ? await fileModel(store, named, wholeNetwork(network, dataset))
      : await runModel(store, named);
  const match = await matched(store, found, wholeNetwork(network, dataset));
  console.line([`Weights of ${found.from}:`, ...describeInitialisation(match)].join(' '));
  return found;
}

async function runModel(store: Store, named: string): Promise<InitialModel> {
  const recorded = await signedIfDemanded(store, await namedRun(named, '--initialise'));
  return { from: `run ${recorded.runId}`, model: modelRef(recorded) };
}

async function fileModel(
  store: Store,
  named: string,
  network: ReturnType<typeof wholeNetwork>,
): Promise<InitialModel> {
  const path = resolve(named);
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const failure = {
      what: 'The model to begin with cannot be read.',
      where: path,
      expected: 'a .safetensors file, a run, or champion',
      found: cause.code ?? cause.message,
      remedy: 'correct what is given to --initialise',
    };
    throw new UserError(failure, { cause });
  });
  const { metadata, tensors } = decodeSafetensors(bytes, path);
  // By their shapes its square matrices would fit, and be wrong.
  if (metadata.steps !== undefined)
    throw new UserError({
      what: 'The file is an export, from which no training can begin: BatchNorm is part of its weights, and they lie in another order.',
      where: path,
      expected: "a run's own model.safetensors",
      found: 'the metadata of an export, with the steps of its network',
      remedy: `give the run${metadata.run ? `, --initialise ${metadata.run}` : ''}`,
    });
  takenTensors(network, tensors, path);
  return { from: basename(path), model: await store.putBlob(bytes) };
}
