import type { Layer, Room } from './plot.ts';
import { colour } from './theme.ts';

const sizes = {
  wide: { fontSize: 13, perCharacter: 7.2, longest: 24 },
  narrow: { fontSize: 12, perCharacter: 6.6, longest: 14 },
};

/** Between a label and the plot. */
const gap = 10;

/** Pixels that the longest name takes, within reason. */
export function labelRoom(classes: readonly string[], room: Room): number {
  const { perCharacter, longest } = sizes[room];
  const characters = Math.max(...classes.map((name) => name.length));
  return Math.round(gap + 4 + perCharacter * Math.min(longest, characters));
}

/** Is there room for every name side by side over columns of this width? */
export const fitsAcross = (classes: readonly string[], column: number, room: Room): boolean =>
  labelRoom(classes, room) - gap <= column;

/** A name of at most so many characters. */
export const shortened = (name: string, longest: number): string =>
  name.length > longest ? `${name.slice(0, longest - 1).trimEnd()}…` : name;

const position = (field: string) => ({ field, type: 'ordinal' as const, axis: null });

/** Smaller names could not be read. */
const smallest = 9;

/**
 * Class names along a plot's edge. They are marks and not axis labels, because names may repeat
 * and must never become part of an expression.
 * @param field the classes' positions in the plot's data
 * @param step pixels from one class to the next; names get smaller, then fewer, to fit in
 */
export function classLabels(
  classes: readonly string[],
  edge: 'left' | 'top' | 'top, turned',
  { field, step, room }: { field: string; step: number; room: Room },
): Layer {
  const { longest } = sizes[room];
  const fontSize = Math.max(smallest, Math.min(sizes[room].fontSize, step));
  const every = Math.ceil(smallest / step);
  const values = classes.map((name, i) => ({
    [field]: i,
    name: i % every === 0 ? shortened(name, longest) : '',
  }));
  const style = {
    ...({ type: 'text', baseline: 'middle' } as const),
    ...{ color: colour('ink'), fontSize },
  };
  const text = { field: 'name' };
  const across = position(field);
  if (edge === 'left')
    return {
      data: { values },
      mark: { ...style, align: 'right' },
      encoding: { x: { value: -gap }, y: across, text },
    };
  const turned =
    edge === 'top, turned'
      ? ({ align: 'left', angle: -90 } as const)
      : ({ align: 'center' } as const);
  return {
    data: { values },
    mark: { ...style, ...turned },
    encoding: { x: across, y: { value: edge === 'top' ? -14 : -gap }, text },
  };
}
