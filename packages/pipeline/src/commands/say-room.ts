import { checkRoom, foldersOf, trainingNeeds } from '../disk-space.ts';
import type { RunConfig } from '../run-configuration.ts';
import { wholeNetwork } from '../stages/train/plan.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import type { Session } from './session.ts';

/**
 * Says where runs would leave a disk of this machine with little. What is done already, and would
 * write nothing, is found out only later.
 * @param runs that are about to be started
 * @throws CommandFailure, with the numbers, where they do not fit
 */
export async function sayRoom(
  { environment, state }: Session,
  { dataset, network, recipe }: Pick<RunConfig, 'dataset' | 'network' | 'recipe'>,
  runs: number,
  console: Console,
): Promise<void> {
  // Another machine's disks are looked at there, when a run trains.
  if (!environment.localWorker) return;
  const whole = wholeNetwork(network, dataset);
  const { store, scratch } = trainingNeeds(whole, recipe.epochs);
  const folders = foldersOf(environment, state.s3.endpoint);
  const needs = { store: runs * store, scratch };
  for (const notice of await asUsage(() => checkRoom(folders, needs, environment.diskLow)))
    console.warn(`! ${notice}`);
}
