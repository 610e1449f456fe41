import { once } from 'node:events';
import openInBrowser from 'open';
import { servePages } from '../runs-page/page-server.ts';
import type { Console } from '../terminal/console.ts';
import { finishedRun, namedRun } from './finished-run.ts';
import { withStore } from './services.ts';

interface OpenOptions {
  /** False: only say the address. */
  browser: boolean;
}

/** Shows the page of runs, or a run's report, in a browser, until Ctrl-C. */
export function open(
  given: string | undefined,
  { browser }: OpenOptions,
  console: Console,
): Promise<void> {
  return withStore(console, async (store) => {
    const named = await namedRun(given, 'the run');
    const run = given === undefined ? undefined : (await finishedRun(store, named)).runId;
    const pages = await servePages(store);
    try {
      const address = run === undefined ? pages.address : `${pages.address}${run}/report.html`;
      console.line(address);
      console.line('It is there until Ctrl-C.');
      if (browser)
        // Where there is none, the address is there to be opened by hand.
        await openInBrowser(address).then(
          (child) => child.once('error', () => {}),
          () => {},
        );
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    } finally {
      pages.close();
    }
  });
}
