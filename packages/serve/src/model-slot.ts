import { WorldError } from '@atelier/errors';
import type { ServedModel } from './served-model.ts';

/** Where the model lies that answers: one at a time, and another from one request to the next. */
export interface ModelSlot {
  current(): ServedModel | undefined;
  /**
   * Lets the model that is there now do a piece of work, all of it, whichever is put here meanwhile.
   * @throws WorldError where there is none
   */
  use<T>(work: (model: ServedModel) => Promise<T>): Promise<T>;
  /**
   * Puts another model here, or none.
   * @param close called once nobody uses this one any more
   */
  put(model: ServedModel, close: () => void): void;
  clear(): void;
}

interface Held {
  model: ServedModel;
  users: number;
  retired: boolean;
  close: () => void;
}

export function openModelSlot(): ModelSlot {
  let held: Held | undefined;

  function replace(next: Held | undefined): void {
    const before = held;
    held = next;
    if (before === undefined) return;
    before.retired = true;
    if (before.users === 0) before.close();
  }

  return {
    current: () => held?.model,
    async use(work) {
      const own = held;
      if (own === undefined) throw new WorldError({ what: 'No model is there to answer.' });
      own.users += 1;
      try {
        return await work(own.model);
      } finally {
        own.users -= 1;
        if (own.retired && own.users === 0) own.close();
      }
    },
    put: (model, close) => replace({ model, close, users: 0, retired: false }),
    clear: () => replace(undefined),
  };
}
