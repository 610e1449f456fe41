/**
 * When a schedule was paused, as its note in Temporal says it: Temporal itself tells only whether it
 * is, and whoever asks later why a night was left out wants to know when it was.
 */

export interface Pause {
  from: Date;
  /** Undefined while it lasts. */
  to?: Date;
}

const form = /paused from (\S+Z)(?: to (\S+Z))?/g;
/** A note is for people; the last pauses are enough. */
const kept = 5;

export const pausesOf = (note = ''): Pause[] =>
  [...note.matchAll(form)].map(([, from, to]) => ({
    from: new Date(from!),
    ...(to && { to: new Date(to) }),
  }));

export const notePause = (note: string | undefined, now: Date): string =>
  textOf([...pausesOf(note).filter(({ to }) => to), { from: now }]);

/** @param note of a schedule that was paused elsewhere, since nobody knows when, says nothing */
export const noteResume = (note: string | undefined, now: Date): string =>
  textOf(pausesOf(note).map(({ from, to = now }) => ({ from, to })));

const textOf = (pauses: readonly Pause[]): string =>
  pauses
    .slice(-kept)
    .map(({ from, to }) => `paused from ${short(from)}${to ? ` to ${short(to)}` : ''}`)
    .join('; ');

const short = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;

export const wasPaused = (pauses: readonly Pause[], at: Date): boolean =>
  pauses.some(({ from, to }) => from <= at && (to === undefined || at < to));
