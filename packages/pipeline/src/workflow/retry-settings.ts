import { openDescriptorSchema } from '@atelier/data/descriptor';
import {
  expectationOf,
  fieldsOf,
  type Setting,
  settingsOf,
  show,
  takesMany,
  valueAt,
} from '@atelier/settings';
import { z } from 'zod';
import { datasetMeta, stageSettingsSchema } from '../configuration/stage-settings.ts';

/** What a parked run may be retried with: settings that say how a stage works, and the dataset. */
const retrySchema = z.strictObject({
  dataset: openDescriptorSchema.meta(datasetMeta),
  ...stageSettingsSchema.shape,
});

export interface RetrySettings extends Partial<z.output<typeof retrySchema>> {
  /** Only this stage; refused where another one is parked. */
  stage?: string;
}

const settings = settingsOf(retrySchema);
const nameOf = ({ path }: Setting): string => path.join('.');
const known = ['stage', ...settings.map(nameOf)];

/** A setting as it stands in the update's payload: `"threads": <n>`. */
function payloadOf(setting: Setting): string {
  const { placeholder, schema } = setting;
  const isObject = Object.keys(fieldsOf(schema)).length > 0;
  const one = isObject ? '{…}' : `<${placeholder}>`;
  const value = takesMany(schema) ? `["${one}"]` : one;
  return `"${nameOf(setting)}": ${value}`;
}

/** What the Temporal UI says of the update `retry`. */
export const retryDescription = `Try the parked stage again. Optional: {${['"stage": "<name>"', ...settings.map(payloadOf)].join(', ')}}`;

/** A way to go on with a parked run. */
export interface RetryWay {
  command: string;
  /** The argument of the update `retry`. */
  payload: string;
}

/**
 * The ways to retry a failure: as it is, and with another value of each setting that may mend it.
 * @param mendedBy what the failure says of itself, see `Failure`
 */
export function retryWays(runId: string, mendedBy: readonly string[] | undefined): RetryWay[] {
  if (mendedBy?.length === 0) return [];
  const plain = `npx atelier retry ${runId}`;
  const ways = settings
    .filter((setting) => mendedBy?.includes(nameOf(setting)))
    .map((setting) => ({
      command: `${plain} --${setting.flag} <${setting.placeholder}>`,
      payload: `{${payloadOf(setting)}}`,
    }));
  return [{ command: plain, payload: '' }, ...ways];
}

/**
 * Refuses what a parked run cannot be retried with.
 * @param parked the stage that waits
 * @param isDone whether a stage is finished: what is only for such stages would change nothing
 * @param wasDone whether it ever was, also where a repair does it again
 * @throws Error that says why
 */
export function checkRetry(
  given: object,
  parked: string,
  isDone: (stage: string) => boolean,
  wasDone: (stage: string) => boolean,
): void {
  if (typeof given !== 'object' || Array.isArray(given))
    throw new Error(
      `The settings: expected a group of fields; found ${Array.isArray(given) ? 'a list' : JSON.stringify(given)}.`,
    );
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) throw new Error(`${name}: expected only ${known.join(', ')}.`);
    const setting = settings.find((one) => nameOf(one) === name);
    if (setting === undefined) checkStage(value, parked);
    else checkSetting(setting, value, setting.stays ? wasDone : isDone);
  }
}

function checkStage(value: unknown, parked: string): void {
  if (value === parked) return;
  throw new Error(`stage: expected ${parked}, which is parked; found ${show(value)}.`);
}

function checkSetting(setting: Setting, value: unknown, isDone: (stage: string) => boolean): void {
  const { stages = [], schema } = setting;
  const name = nameOf(setting);
  if (stages.every(isDone))
    throw new Error(`${name}: it is for stage ${stages.join(' and ')}, which is done already.`);
  const issue = z.safeParse(schema, value).error?.issues[0];
  if (issue === undefined) return;
  const at = [name, ...issue.path.filter((key) => typeof key === 'string')].join('.');
  const found = show(valueAt(value, issue.path));
  throw new Error(`${at}: expected ${expectationOf(issue)}; found ${found}.`);
}
