import { WorldError } from '@atelier/errors';
import type { Answers, Questions } from './answering-child.ts';
import { type ChildJob, runChild } from './run-child.ts';

export interface AnswererJob<I> extends Pick<ChildJob<I, never>, 'entry' | 'name' | 'input'> {
  /** Questions that are given to it together, at most. */
  most: number;
  /** Told how many were. */
  onBatch?: (questions: number) => void;
}

/** A child process that answers questions for as long as it is held. */
export interface Answerer<Q, A> {
  /** @throws WorldError where the process is gone, or goes before it has answered */
  ask(question: Q): Promise<A>;
  /** Resolves once it can answer. @throws what it failed with */
  ready: Promise<void>;
  /** Resolves when the process has ended, to why it did where it was not closed. */
  ended: Promise<Error | undefined>;
  /** Has it answer what it was asked, and end; at once where `now`. */
  close(now?: 'now'): Promise<void>;
}

interface Asked<Q, A> {
  question: Q;
  resolve(answer: A): void;
  reject(error: Error): void;
}

/**
 * Starts a child whose main is `answerParent`. Whenever it is free it takes what was asked meanwhile.
 * Questions and answers are structured-cloneable.
 */
export function openAnswerer<I, Q, A>({
  most,
  onBatch = () => {},
  ...job
}: AnswererJob<I>): Answerer<Q, A> {
  const waiting: Asked<Q, A>[] = [];
  const given = new Map<number, Asked<Q, A>>();
  const idle: ((questions: Questions<Q>) => void)[] = [];
  const stop = new AbortController();
  let [asked, closing, gone] = [0, false, false];

  function next(): Questions<Q> | undefined {
    if (waiting.length === 0) return closing ? null : undefined;
    const taken = waiting.splice(0, most);
    onBatch(taken.length);
    return taken.map((one) => {
      asked += 1;
      given.set(asked, one);
      return [asked, one.question];
    });
  }
  function feed(): void {
    while (idle.length > 0) {
      const questions = next();
      if (questions === undefined) return;
      idle.shift()!(questions);
    }
  }

  let isReady: () => void;
  const asksFirst = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const ended = runChild<I, Answers<A>, void, Questions<Q>>({
    ...job,
    signal: stop.signal,
    onMessage(answers) {
      isReady();
      for (const [id, answer] of answers) {
        given.get(id)?.resolve(answer);
        given.delete(id);
      }
      return new Promise((resolve) => {
        idle.push(resolve);
        feed();
      });
    },
  }).then(
    () => undefined,
    (error: Error) => (stop.signal.aborted ? undefined : error),
  );
  const end = ended.then((error) => {
    gone = true;
    for (const one of [...given.values(), ...waiting]) one.reject(error ?? isGone(job.name));
  });

  return {
    ended,
    ready: Promise.race([
      asksFirst,
      ended.then((error) => {
        throw error ?? isGone(job.name);
      }),
    ]),
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (closing || gone) return reject(isGone(job.name));
        waiting.push({ question, resolve, reject });
        feed();
      }),
    async close(now) {
      closing = true;
      if (now !== undefined) stop.abort();
      feed();
      await end;
    },
  };
}

const isGone = (name: string): WorldError => new WorldError({ what: `${name} has ended.` });
