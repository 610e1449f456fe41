/**
 * Somebody who works on the same things as others; `turn` is awaited before each step. One that only
 * looks again (`true`) comes when somebody else has done something.
 */
export type Party = (turn: (again?: boolean) => Promise<void>) => Promise<void>;

interface Waiting {
  go(): void;
  again: boolean;
}

interface Trial {
  parties: readonly Party[];
  /** Throws where something does not hold once all have ended. */
  check(order: string): void;
}

/**
 * Runs parties against each other in every order in which their steps can follow one another.
 * @param prepare makes the parties afresh, and what is to hold once all have ended
 * @param limit orders that are tried at most; a test names more than there are
 * @returns how many orders there were
 */
export async function everyInterleaving(prepare: () => Trial, limit: number): Promise<number> {
  let orders = 0;
  for (let choices: number[] | undefined = []; choices !== undefined; orders++) {
    if (orders === limit) throw new Error(`There are more than ${limit} orders.`);
    const { parties, check } = prepare();
    const given: readonly number[] = choices;
    const taken = await runInOrder(parties, (_, step) => given[step] ?? 0);
    check(orderOf(taken));
    choices = next(taken);
  }
  return orders;
}

/**
 * The same for some of the orders, where there are too many for all.
 * @param draw a number from 0 to 1, 1 excluded
 */
export async function someInterleavings(
  prepare: () => Trial,
  count: number,
  draw: () => number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { parties, check } = prepare();
    check(orderOf(await runInOrder(parties, (able) => Math.floor(draw() * able))));
  }
}

const orderOf = (taken: readonly Choice[]): string => taken.map(({ party }) => party).join('');

interface Choice {
  party: number;
  /** Which of how many it was. */
  index: number;
  options: number;
}

/** Runs the parties a step at a time. */
async function runInOrder(
  parties: readonly Party[],
  choose: (able: number, step: number) => number,
): Promise<Choice[]> {
  const waiting = new Map<number, Waiting>();
  let running = parties.length;
  let settled: () => void = () => {};
  let failure: unknown;
  const stops = (): void => {
    running -= 1;
    if (running === 0) settled();
  };
  parties.forEach((party, at) => {
    let before = Promise.resolve();
    // What a party asks for at the same time happens one after the other.
    const turn = (again = false): Promise<void> => {
      before = before.then(
        () =>
          new Promise((go) => {
            waiting.set(at, { go, again });
            stops();
          }),
      );
      return before;
    };
    party(turn)
      .catch((error) => {
        failure ??= error;
      })
      .finally(stops);
  });
  const taken: Choice[] = [];
  for (;;) {
    if (running > 0)
      await new Promise<void>((done) => {
        settled = done;
      });
    if (waiting.size === 0) break;
    const able = [...waiting.keys()].filter((at) => !waiting.get(at)!.again).sort();
    if (able.length === 0) throw new Error('Everybody waits for somebody else.');
    const index = choose(able.length, taken.length);
    const party = able[index]!;
    taken.push({ party, index, options: able.length });
    const { go } = waiting.get(party)!;
    waiting.delete(party);
    for (const other of waiting.values()) other.again = false;
    running += 1;
    go();
  }
  if (failure !== undefined) throw failure;
  return taken;
}

/** The next order after one that was taken, the last choice changed first. */
function next(taken: readonly Choice[]): number[] | undefined {
  const at = taken.findLastIndex(({ index, options }) => index + 1 < options);
  if (at < 0) return undefined;
  return [...taken.slice(0, at).map(({ index }) => index), taken[at]!.index + 1];
}
