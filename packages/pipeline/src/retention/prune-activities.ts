import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { serviceVariables } from '@atelier/environment';
import { UserError, WorldError } from '@atelier/errors';
import { bounded, printable } from '@atelier/text';
import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { translateFailure } from '../stage-activity/translate-failure.ts';
import { exitCodes } from '../terminal/exit.ts';
import type { Keeping } from './removable-runs.ts';

/** What whoever can write to Temporal may ask for. */
export const keepingSchema: z.ZodType<Keeping> = z.object({
  keepLast: z.int().min(1),
  keepDays: z.int().min(0),
});

/** What a removal has removed. */
const resultSchema = z.object({ runs: z.array(z.string()), objects: z.int(), bytes: z.int() });

export type PruneResult = z.infer<typeof resultSchema>;

export interface PruneFailure {
  /** Of the removal that failed. */
  id: string;
  message: string;
}

export interface PruneActivities {
  prune(keeping: Keeping): Promise<PruneResult>;
  tellPruneFailed(failure: PruneFailure): Promise<void>;
}

/** How a worker has runs removed. */
export interface PruneMeans {
  /** The variables by which the worker's own services are reached. */
  variables: Record<string, string>;
  /** Where the credentials lie under which it is done. */
  credentials: string | undefined;
  tell(failure: PruneFailure): Promise<void>;
}

/**
 * The command that a person would give, in a process of its own, which alone reads the pruner's
 * credentials: what a worker may do stays what its work needs, and the memory of a sweep goes back.
 */
export function pruneActivities({ variables, credentials, tell }: PruneMeans): PruneActivities {
  return {
    async prune(given) {
      const { cancellationSignal: signal, heartbeat, log } = Context.current();
      const beating = setInterval(() => heartbeat(), 10_000);
      try {
        const { keepLast, keepDays } = readKeeping(given);
        if (credentials === undefined) throw withoutCredentials();
        const terms = ['--keep-last', `${keepLast}`, '--keep-days', `${keepDays}`];
        const said = await runPrune(terms, pruneVariables(variables, credentials), signal);
        const result = resultSchema.parse(JSON.parse(said.trimEnd().split('\n').at(-1)!));
        const { runs, objects, bytes } = result;
        const text = `${runs.length} runs, ${objects} objects, ${bytes} bytes`;
        log.info('Old runs are removed', { result: text });
        return result;
      } catch (error) {
        throw translateFailure(error, signal);
      } finally {
        clearInterval(beating);
      }
    },
    tellPruneFailed: tell,
  };
}

function readKeeping(given: unknown): Keeping {
  const { data, error } = keepingSchema.safeParse(given);
  if (data !== undefined) return data;
  throw new UserError({
    what: 'It cannot be told which runs shall stay.',
    where: error.issues[0]!.path.join('.') || 'the argument of the workflow',
    expected: error.issues[0]!.message,
    remedy: '`npx atelier prune --weekly` makes its schedule anew',
  });
}

const withoutCredentials = (): UserError =>
  new UserError({
    what: 'This worker has no credentials under which it may remove runs.',
    where: 'ATELIER_S3_PRUNER_CREDENTIALS_FILE',
    expected: 'the path of a JSON file {"accessKey": …, "secretKey": …} of the identity `pruner`',
    remedy: 'set it and start the worker again; a local stack has it by its next `npx atelier up`',
  });

/** The worker's own, its credentials for the store replaced; this process tells nobody of anything. */
function pruneVariables(
  variables: Record<string, string>,
  credentials: string,
): Record<string, string> {
  const isKept = ([name]: [string, string]): boolean =>
    !/^(AWS_|OTEL_|ATELIER_NOTIFY_|ATELIER_S3_(ACCESS|SECRET)_KEY)/.test(name) ||
    name === 'AWS_REGION';
  const kept = Object.fromEntries(Object.entries(variables).filter(isKept));
  return serviceVariables({ ...kept, ATELIER_S3_CREDENTIALS_FILE: credentials }, true);
}

const program = fileURLToPath(new URL('../../bin/atelier.mjs', import.meta.url));

/** Characters of what the command says that are kept. */
const longest = 10_000;

/** @returns its standard output */
async function runPrune(
  terms: readonly string[],
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const child = spawn(process.execPath, [program, 'prune', '--yes', '--json', ...terms], {
    ...{ env, signal },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let complained = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complained = (complained + chunk).slice(-longest);
  });
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, ended) => resolve(code ?? ended ?? 'no code'));
  });
  if (code === exitCodes.ok) return said;
  throw new WorldError({
    what: 'Old runs were not removed.',
    found: printable(bounded(complained.trim() || `exit code ${code}`, longest)),
    remedy: '`npx atelier prune` says what could be removed',
  });
}
