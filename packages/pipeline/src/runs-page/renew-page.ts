import type { CodeIdentity } from '@atelier/artifacts';
import { index as runIndex } from '../record/run-index.ts';
import type { Store } from '../run-store.ts';
import { runEntries } from './run-entries.ts';

export interface RunsPage {
  /** Asks for the page to be made anew; it is, beside whatever else is done. */
  renew(): void;
  /** The same where the page is not of the index that is there now, or of another code. */
  renewIfBehind(): Promise<void>;
  /** Resolves when nothing of it is under way. */
  settled(): Promise<void>;
}

/**
 * Keeps `runs/index.html` as the index of runs has it. However often it is asked for while it is
 * made, it is made once more. It can be made again at any time: what fails is said and forgotten.
 */
export function keepRunsPage(
  store: Store,
  code: Pick<CodeIdentity, 'sources'>,
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
        // Read first: the page is not older than what its first line says.
        const line = firstLine(await store.indexVersion(runIndex), code);
        const page = await renderRunsPage(await runEntries(store), now());
        await store.putRunsPage(Buffer.from(line + page));
      } catch (error) {
        failed(error);
      }
    }
    making = undefined;
  }

  const renew = (): void => {
    wanted = true;
    making ??= make();
  };
  return {
    renew,
    async renewIfBehind() {
      try {
        const version = await store.indexVersion(runIndex);
        if (version === undefined) return;
        const line = firstLine(version, code);
        const start = await store.startOfRunsPage(line.length);
        if (start?.toString() !== line) renew();
      } catch (error) {
        failed(error);
      }
    },
    settled: async () => making,
  };
}

/** Says what a page was made of, so that nobody has to make it to know whether it is another one. */
const firstLine = (index: string | undefined, { sources }: Pick<CodeIdentity, 'sources'>): string =>
  `<!-- index ${index}, code ${sources} -->\n`;
