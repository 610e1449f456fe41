import { glanceAtFiles, isFixed } from '@atelier/data';
import { isExplained } from '@atelier/errors';
import type { RunConfig } from '../run-configuration.ts';
import { readSeen } from '../source/seen-files.ts';
import type { Console } from '../terminal/console.ts';
import type { Session } from './session.ts';

type Glancing = Pick<Session, 'store' | 'environment'>;
type Followed = Pick<RunConfig, 'dataset' | 'mirrors'>;

/**
 * Looks, on the machine that has the worker, whether a mirror has the files that a dataset follows,
 * and says which are others than the last run found. The run itself looks again, and receives them.
 * @throws UserError where no mirror has them; WorldError where none can be reached
 */
export async function glanceAtSource(
  { store, environment }: Glancing,
  { dataset, mirrors }: Followed,
  console: Pick<Console, 'line'>,
): Promise<void> {
  // Another machine may reach other mirrors.
  if (isFixed(dataset) || !environment.localWorker) return;
  const seen = await glanceAtFiles({
    ...{ descriptor: dataset, mirrors, proxies: environment.proxies },
    earlier: await readSeen(store, dataset.name),
    signal: new AbortController().signal,
  });
  const others = Object.keys(seen).filter((name) => seen[name] === 'another');
  if (others.length === 0) return;
  console.line(
    `The source of ${dataset.name} has changed since the last run: ${others.join(', ')}.`,
  );
  console.line('  The next run compares the data with what was accepted last, before it trains.');
}

/** The same for nights to come: what is away now may be there by then. */
export async function glanceForNights(
  session: Glancing,
  config: Followed,
  console: Pick<Console, 'line' | 'warn'>,
): Promise<void> {
  try {
    await glanceAtSource(session, config, console);
  } catch (error) {
    if (!isExplained(error)) throw error;
    const [what, ...rest] = error.message.split('\n');
    console.warn(`! ${what} No night can train as long as this is so.`);
    for (const line of rest) console.warn(`  ${line}`);
  }
}
