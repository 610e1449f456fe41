import type { ModelSlot } from '@atelier/serve';
import type { OpenModel } from './open-run-model.ts';

interface Following {
  slot: ModelSlot;
  /** The run whose model is to answer now. */
  wanted(): Promise<string>;
  open(run: string): Promise<OpenModel>;
  /** Told that a run's model answers from now on. */
  onChange(run: string): void;
  /** Told why the model that is to answer cannot; what answers stays. */
  onProblem(error: Error): void;
}

/** Milliseconds between two looks at which model is in use. */
const between = 3_000;
/** Milliseconds after which a process that died is followed by another. */
const afterDeath = 500;

/**
 * Puts the model that is to answer into the slot, and keeps it so: another one that is put in use takes
 * over when it is ready, and one whose process died is started again.
 * @returns what resolves once the signal is aborted and no model's process is left
 * @throws what the first model fails with
 */
export async function followModel(
  { slot, wanted, open, onChange, onProblem }: Following,
  signal: AbortSignal,
): Promise<{ stopped: Promise<void> }> {
  const going = new Set<OpenModel>();
  let answering: OpenModel | undefined;
  let wake = (): void => {};

  async function renew(): Promise<void> {
    const run = await wanted();
    if (answering?.model.run === run) return;
    const opened = await open(run);
    going.add(opened);
    void opened.ended.then((error) => {
      going.delete(opened);
      if (error === undefined) return;
      onProblem(error);
      if (answering !== opened) return;
      answering = undefined;
      slot.clear();
      setTimeout(() => wake(), afterDeath);
    });
    answering = opened;
    slot.put(opened.model, () => void opened.close());
    onChange(run);
  }
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, between);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  async function follow(): Promise<void> {
    for (let told: string | undefined; !signal.aborted; ) {
      try {
        await renew();
        told = undefined;
      } catch (error) {
        const { message } = error as Error;
        // What lasts is told once.
        if (message !== told) onProblem(error as Error);
        told = message;
      }
      if (!signal.aborted) await pause();
    }
    slot.clear();
    await Promise.all([...going].map(({ ended }) => ended));
  }

  await renew();
  signal.addEventListener('abort', () => wake(), { once: true });
  return { stopped: follow() };
}
