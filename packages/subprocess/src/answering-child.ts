import { serveParent } from './child.ts';

/** What a child has answered since it last asked, by the questions' numbers. */
export type Answers<A> = [number, A][];
/** What it is to answer next; null: nothing more will come. */
export type Questions<Q> = [number, Q][] | null;

interface Answering<Q, A> {
  /** Answers questions that came together, in their order. Its failure ends the process. */
  answer(questions: Q[]): Promise<A[]>;
  /** How many of these may go on at a time, 1 by default. */
  lanes?: number;
}

/**
 * The whole main of a child that answers until nothing more is asked: see {@link openAnswerer}. It
 * asks for questions when it is free, so those that come while it works are answered together.
 */
export function answerParent<I, Q, A>(open: (input: I) => Promise<Answering<Q, A>>): void {
  serveParent<I, Answers<A>, void, Questions<Q>>(async (input, { send }) => {
    const { answer, lanes = 1 } = await open(input);
    const lane = async (): Promise<void> => {
      for (let answers: Answers<A> = []; ; ) {
        const questions = await send(answers);
        if (questions === null) return;
        const found = await answer(questions.map(([, question]) => question));
        answers = questions.map(([id], i) => [id, found[i]!]);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  });
}
