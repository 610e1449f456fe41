import { describeFailure, type Failure } from '@atelier/errors';
import { expectationOf, valueAt } from '@atelier/settings';
import { ApplicationFailure, patched } from '@temporalio/workflow';
import { failureTypes, runIdForm } from '../names.ts';
import { type RunConfig, runConfigSchema } from '../run-configuration.ts';
import { stageNames } from '../stages/index.ts';

/**
 * A run's configuration in today's form: fields that did not exist when the run was started, or its
 * schedule made, get their defaults here. It is checked as a whole, because commands are not alone
 * in starting workflows, and a workflow that fails over it would be tried for ever. A run that began
 * before it was checked is replayed in any case: the stage that cannot use it says so, and parks.
 * @throws ApplicationFailure, not retryable, where a run is started with something else
 */
export function acceptRun(given: unknown, runId: string): RunConfig {
  const objection = objectionToRun(given, runId);
  if (objection !== undefined && patched('configuration-checked'))
    throw ApplicationFailure.nonRetryable(describeFailure(objection), failureTypes.user);
  return runConfigSchema.safeParse(given).data ?? (given as RunConfig);
}

/** Why no run can be made of this; undefined where one can. */
export function objectionToRun(given: unknown, runId: string): Failure | undefined {
  if (!runIdForm.test(runId))
    return {
      what: 'This cannot be the name of a run.',
      where: "the workflow's id",
      expected: 'up to 100 letters, digits, dots, colons, dashes and underscores',
      found: shown(runId),
    };
  const { data, error } = runConfigSchema.safeParse(given);
  if (data !== undefined) return objectionToFresh(data.fresh);
  const issue = error.issues[0]!;
  return {
    what: 'A run was started with a configuration that is not usable.',
    where: issue.path.length === 0 ? 'the argument of the workflow' : issue.path.join('.'),
    expected: expectationOf(issue),
    found: shown(valueAt(given, issue.path)),
    remedy: '`npx atelier start` checks a configuration before it starts a run.',
  };
}

function objectionToFresh(fresh: readonly string[] = []): Failure | undefined {
  const unknown = fresh.find((name) => !stageNames.some((stage) => stage === name));
  if (unknown === undefined) return undefined;
  return {
    what: 'A run was started with a configuration that is not usable.',
    where: 'fresh',
    expected: `one of ${stageNames.join(', ')}`,
    found: shown(unknown),
  };
}

/** Of what is nested only the kind, since nobody knows how deep it is. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a group of fields';
  return JSON.stringify(value) ?? 'nothing';
}
