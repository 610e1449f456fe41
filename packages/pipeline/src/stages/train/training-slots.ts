interface Waiting {
  slots: number;
  go(): void;
}

/**
 * What a machine can train at once, counted in threads. Trainings take their slots in the order in
 * which they ask, so that one that wants all of them is not passed by small ones for ever.
 */
export class TrainingSlots {
  readonly count: number;
  #free: number;
  readonly #queue: Waiting[] = [];

  constructor(count: number) {
    this.count = count;
    this.#free = count;
  }

  /**
   * Resolves when so many slots, all at most, are this training's.
   * @returns a function that gives them back
   * @throws the signal's reason if it is aborted before
   */
  async take(wanted: number, signal: AbortSignal, onWait: () => void): Promise<() => void> {
    signal.throwIfAborted();
    const slots = Math.min(wanted, this.count);
    if (this.#queue.length === 0 && this.#free >= slots) this.#free -= slots;
    else {
      onWait();
      await this.#turn(slots, signal);
    }
    return () => {
      this.#free += slots;
      this.#admit();
    };
  }

  #turn(slots: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        this.#admit();
        reject(signal.reason);
      };
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const waiting: Waiting = { slots, go };
      this.#queue.push(waiting);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #admit(): void {
    for (let [next] = this.#queue; next && next.slots <= this.#free; [next] = this.#queue) {
      this.#queue.shift();
      this.#free -= next.slots;
      next.go();
    }
  }
}
