import type { Network } from '@atelier/model/network';
import { matchTensors } from '@atelier/train/initialise';
import { readHeader } from '../../recorded-artifacts.ts';
import type { InitialModel } from '../../run-configuration.ts';
import type { Store } from '../../run-store.ts';

/**
 * What a network takes of the model that it begins with, by that file's header.
 * @throws UserError where nothing matches; WrongArtifact, DamagedBlob
 */
export async function matched(store: Store, { from, model }: InitialModel, network: Network) {
  const name = `the model of ${from}`;
  const { tensors } = await readHeader(store, model, name, (header) => header);
  return { ...matchTensors(network, tensors, name), sha256: model.sha256 };
}
