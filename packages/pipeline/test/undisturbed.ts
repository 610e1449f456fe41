import { expect } from 'vitest';
import type { Outcomes } from '../src/stages/index.ts';
import {
  type AtelierStack,
  type CommandResult,
  quick,
  startAtelierStack,
} from './atelier-stack.ts';
import { checkpointsOf, forgetWork, trainings, untilCommitted } from './commits.ts';
import { type Seen, untilTrainer, untilWorker } from './worker-processes.ts';

/** A stack on which a training was made without disturbance, to hold disturbed ones against. */
export interface Undisturbed {
  at: AtelierStack;
  /** Starts the same training under another run, perhaps with more flags, and waits for its end. */
  start(
    run: string,
    flags?: readonly string[],
    onError?: (text: string) => void,
  ): Promise<CommandResult>;
  /** Makes the same training anew under this run; resolves when so many epochs are committed. */
  disturb(run: string, commits: number): Promise<Disturbed>;
}

/** A training that goes on, and its processes at first. */
interface Disturbed {
  training: string;
  worker: Seen;
  trainer: Seen;
  running: Promise<CommandResult>;
  /** Waits for the run's end and expects the checkpoints of the undisturbed one. */
  expectSame(): Promise<Outcomes['train']['summary']>;
}

/** @param epochs so many that a test has time to interfere before the last is trained */
export async function startUndisturbed(name: string, epochs: number): Promise<Undisturbed> {
  const at = await startAtelierStack();
  const dataset = await at.dataset(name, { train: 1000 });
  const always = ['start', '--dataset', dataset, ...quick, '--epochs', `${epochs}`, '--json'];
  const start: Undisturbed['start'] = (run, flags = [], onError = () => {}) =>
    at.atelier([...always, '--run', run, ...flags], {}, (child) =>
      child.stderr.on('data', (chunk) => onError(String(chunk))),
    );

  expect((await start('undisturbed')).code).toBe(0);
  const digests = await checkpointsOf(at, (await trainings(at))[0]!);
  expect(digests).toHaveLength(epochs);

  return {
    at,
    start,
    async disturb(run, commits) {
      await forgetWork(at);
      const running = start(run);
      const training = await untilCommitted(at, commits);
      const worker = await untilWorker(at);
      return {
        training,
        worker,
        trainer: await untilTrainer(worker),
        running,
        async expectSame() {
          const { code, stderr } = await running;
          expect(code, stderr).toBe(0);
          expect(await checkpointsOf(at, training)).toEqual(digests);
          return (await at.runRecord(run)).stages.train.summary;
        },
      };
    },
  };
}
