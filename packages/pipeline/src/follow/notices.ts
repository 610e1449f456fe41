import type { Console } from '../commands/console.ts';

/** Tells what a run's progress holds of notices, each once. */
export function openNotices(console: Console): (notices: readonly string[]) => void {
  let told: readonly string[] = [];
  return (notices) => {
    for (const notice of notices) if (!told.includes(notice)) console.warn(`! ${notice}`);
    told = notices;
  };
}
