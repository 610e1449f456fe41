import type { Console } from '../commands/console.ts';
import { percent } from './format.ts';
import { openNotices } from './notices.ts';
import type { ProgressPrinter } from './progress-printer.ts';

/** Shows several runs at once: what each is doing in one status line, and what stays with its name. */
export interface SeedBoard {
  /** The console and the printer of one of the runs. */
  open(name: string): { console: Console; printer: ProgressPrinter; close(): void };
}

export function openSeedBoard(console: Console): SeedBoard {
  const doing = new Map<string, string>();
  const show = (): void => {
    const waiting = [...doing.values()].filter((text) => text === '').length;
    const busy = [...doing].filter(([, text]) => text !== '').map((both) => both.join(': '));
    console.status(`  ${[...busy, ...(waiting > 0 ? [`${waiting} waiting`] : [])].join(' · ')}`);
  };
  return {
    open(name) {
      doing.set(name, '');
      const named = (text: string): string => text.replace(/^(! )?/, `$1${name}: `);
      const own: Console = {
        ...console,
        line: (text = '') => console.line(named(text)),
        warn: (text) => console.warn(named(text)),
        status: (text) => {
          doing.set(name, text.trim());
          show();
        },
        clear: () => {},
      };
      const tellNotices = openNotices(own);
      const printer: ProgressPrinter = {
        // Of all epochs only the last one is shown: the query needs to give no others.
        afterEpoch: Number.MAX_SAFE_INTEGER,
        update({ stages, best, notices, doing: what }) {
          tellNotices(notices);
          const running = stages.find(({ state }) => state === 'running');
          const sofar = best === undefined ? '' : `, best ${percent(best.validationAccuracy)}`;
          // A step more or less would only make the line restless.
          own.status(running && what ? `${what.replace(/, step .*/, '')}${sofar}` : '');
        },
      };
      const close = (): void => {
        doing.delete(name);
        show();
      };
      return { console: own, printer, close };
    },
  };
}
