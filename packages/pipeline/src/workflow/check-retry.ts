import { expectationOf, settingsOf, takesMany } from '@atelier/settings';
import { settingStages, stageSettingsSchema } from '../configuration/stage-settings.ts';

const known = ['stage', ...settingStages.keys()];

const payload = settingsOf(stageSettingsSchema).map(({ path, placeholder, schema }) => {
  const value = takesMany(schema) ? `["<${placeholder}>"]` : `<${placeholder}>`;
  return `"${path.join('.')}": ${value}`;
});

/** What the Temporal UI says of the update `retry`. */
export const retryDescription = `Try the parked stage again. Optional: {${['"stage": "<name>"', ...payload].join(', ')}}`;

/**
 * Refuses what a parked run cannot be retried with.
 * @param parked the stage that waits
 * @param isDone whether a stage is finished: what is only for such stages would change nothing
 * @throws Error that says why
 */
export function checkRetry(
  settings: Record<string, unknown>,
  parked: string,
  isDone: (stage: string) => boolean,
): void {
  for (const [name, value] of Object.entries(settings)) {
    if (!known.includes(name)) throw new Error(`${name}: expected only ${known.join(', ')}.`);
    if (name === 'stage') checkStage(value, parked);
    else checkSetting(name, value, isDone);
  }
}

function checkStage(value: unknown, parked: string): void {
  if (value === parked) return;
  throw new Error(`stage: expected ${parked}, which is parked; found ${String(value)}.`);
}

function checkSetting(name: string, value: unknown, isDone: (stage: string) => boolean): void {
  const stages = settingStages.get(name)!;
  if (stages.every(isDone))
    throw new Error(`${name}: it is for stage ${stages.join(' and ')}, which is done already.`);
  const issue = stageSettingsSchema.safeParse({ [name]: value }).error?.issues[0];
  if (issue === undefined) return;
  const found =
    issue.path.length > 1 ? (value as Record<PropertyKey, unknown>)[issue.path[1]!] : value;
  throw new Error(`${name}: expected ${expectationOf(issue)}; found ${JSON.stringify(found)}.`);
}
