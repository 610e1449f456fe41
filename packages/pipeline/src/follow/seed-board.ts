import type { Progress } from '../progress.ts';
import type { Console } from '../terminal/console.ts';
import { percent } from '../terminal/text.ts';
import { openNotices, type ProgressPrinter } from './progress-printer.ts';

/** Shows several runs at once: what each is doing in one status line, and what stays with its name. */
export interface SeedBoard {
  /** The console and the printer of one of the runs. */
  open(name: string): { console: Console; printer: ProgressPrinter; close(): void };
}

/** What a run is doing; undefined while it waits. */
interface Doing {
  what: string;
  best?: NonNullable<Progress['best']>;
}

export function openSeedBoard(console: Console): SeedBoard {
  const runs = new Map<string, Doing | undefined>();
  const show = (): void => console.status(boardLine(runs, console.columns));
  return {
    open(name) {
      runs.set(name, undefined);
      const named = (text: string): string => text.replace(/^(! )?/, `$1${name}: `);
      const put = (doing: Doing | undefined): void => {
        runs.set(name, doing);
        show();
      };
      const own: Console = {
        interactive: console.interactive,
        get columns() {
          return console.columns;
        },
        line: (text = '', style) => console.line(named(text), style),
        warn: (text) => console.warn(named(text)),
        result: console.result,
        status: (text) => put({ what: text.trim() }),
        clear: () => {},
      };
      const tellNotices = openNotices(own);
      const printer: ProgressPrinter = {
        // Only the last epoch is shown: the query need not give the others.
        afterEpoch: Number.MAX_SAFE_INTEGER,
        update({ stages, best, notices, doing }) {
          tellNotices(notices);
          const running = stages.some(({ state }) => state === 'running');
          // A step more or less would only make the line restless.
          const what = doing?.replace(/, step .*/, '');
          put(running && what ? { what, ...(best && { best }) } : undefined);
        },
      };
      const close = (): void => {
        runs.delete(name);
        show();
      };
      return { console: own, printer, close };
    },
  };
}

/**
 * What the runs are doing, with as much of it as the line has room for: without the best
 * accuracies where it is too long, then without the word "seed", then with the numbers of runs alone.
 */
function boardLine(runs: ReadonlyMap<string, Doing | undefined>, available: number): string {
  const busy = [...runs].flatMap(([name, doing]) => (doing ? [{ name, ...doing }] : []));
  const waiting = runs.size - busy.length;
  const line = (parts: readonly string[]): string =>
    `  ${[...parts, ...(waiting > 0 ? [`${waiting} waiting`] : [])].join(' · ')}`;
  const forms = [
    busy.map(
      ({ name, what, best }) =>
        `${name}: ${what}${best ? `, best ${percent(best.validationAccuracy)}` : ''}`,
    ),
    busy.map(({ name, what }) => `${name}: ${what}`),
    busy.map(({ name, what }) => `${name.replace(/^seed /, '')}: ${what}`),
    busy.length > 0 ? [`${busy.length} running`] : [],
  ].map(line);
  return forms.find(({ length }) => length < available) ?? forms.at(-1)!;
}
