import type { NightProblem } from '@atelier/infra';
import { oneLine } from '@atelier/text';
import type { Client } from '@temporalio/client';
import { describeSchedule, pruneName, whenOf } from '../nights/schedules.ts';
import { nightText } from '../nights/zone.ts';
import { pastPrunes } from './prune-schedule.ts';

/** That the last weekly removal of old runs has failed. */
export async function pruneProblems(client: Client): Promise<NightProblem[]> {
  const schedule = await describeSchedule(client, pruneName);
  if (schedule === undefined) return [];
  const over = (await pastPrunes(client, schedule, 2)).find(({ outcome }) => outcome !== 'running');
  if (over?.why === undefined) return [];
  const time = nightText(whenOf(schedule).timezone, new Date(over.due));
  return [
    {
      found: oneLine(`${pruneName}: old runs were not removed on ${time}: ${over.why}`),
      remedy: `\`npx atelier schedule --name ${pruneName} --trigger\` removes them now`,
    },
  ];
}
