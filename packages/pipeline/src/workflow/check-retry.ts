import { mirrorExpected, mirrorForm } from '@atelier/data/mirror-form';
import { largest, type StageSettings, settingStages } from '../configuration/stage-settings.ts';

const known = ['stage', ...Object.keys(settingStages)];

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
    else checkSetting(name as keyof StageSettings, value, isDone);
  }
}

function checkStage(value: unknown, parked: string): void {
  if (value === parked) return;
  throw new Error(`stage: expected ${parked}, which is parked; found ${String(value)}.`);
}

function checkSetting(
  name: keyof StageSettings,
  value: unknown,
  isDone: (stage: string) => boolean,
): void {
  const stages = settingStages[name];
  if (stages.every(isDone))
    throw new Error(`${name}: it is for stage ${stages.join(' and ')}, which is done already.`);
  if (name === 'mirrors') {
    if (Array.isArray(value) && value.every((m) => typeof m === 'string' && mirrorForm.test(m)))
      return;
    throw new Error(`mirrors: expected a list, each ${mirrorExpected}.`);
  }
  const most = largest[name];
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most) return;
  throw new Error(
    `${name}: expected a whole number from 1 to ${most}; found ${JSON.stringify(value)}.`,
  );
}
