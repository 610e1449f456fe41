import type { Store } from '../run-store.ts';
import { runEntries } from './run-entries.ts';

export interface RunsPage {
  /** Asks for the page to be made anew; it is, beside whatever else is done. */
  renew(): void;
  /** Resolves when nothing of it is under way. */
  settled(): Promise<void>;
}

/**
 * Keeps `runs/index.html` as the index of runs has it. However often it is asked for while it is
 * made, it is made once more. It can be made again at any time: what fails is said and forgotten.
 */
export function keepRunsPage(
  store: Store,
  failed: (error: unknown) => void,
  now: () => string = () => new Date().toISOString(),
): RunsPage {
  let wanted = false;
  let making: Promise<void> | undefined;

  async function make(): Promise<void> {
    while (wanted) {
      wanted = false;
      try {
        // Plots are much to load, for workers that never come here.
        const { renderRunsPage } = await import('@atelier/report');
        const page = await renderRunsPage(await runEntries(store), now());
        await store.putRunsPage(Buffer.from(page));
      } catch (error) {
        failed(error);
      }
    }
    making = undefined;
  }

  return {
    renew() {
      wanted = true;
      making ??= make();
    },
    settled: async () => making,
  };
}
