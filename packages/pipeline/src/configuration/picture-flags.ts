import { UserError } from '@atelier/errors';
import { show } from '@atelier/settings';
import type { Command } from 'commander';

/** How pictures become pixels, as a person says it. */
export interface PictureFlags {
  size?: string;
  grey?: boolean;
  fit?: string;
}

const usualSize = '32';
const fits = ['cover', 'contain', 'stretch'] as const;

/** Pixels of a side: more make a network of many million parameters. */
const largest = 1024;

export const addPictureFlags = (command: Command, when = ''): Command =>
  command
    .option(
      '--size <pixels>',
      `${when}the size that all pictures get: a side, or height x width as 24x32 (default: ${usualSize})`,
    )
    .option('--grey', `${when}in grey instead of in colour`)
    .option(
      '--fit <how>',
      `${when}${fits.join(', ')}: cut at the sides, with white margins, or drawn out (default: cover)`,
    );

/** @throws UserError for what is no size and no way to fit */
export function readPictureForm({ size = usualSize, grey = false, fit = 'cover' }: PictureFlags) {
  const [, height, width = height] = /^(\d+)(?:x(\d+))?$/.exec(size) ?? [];
  const [rows, columns] = [Number(height), Number(width)];
  const isSide = (n: number): boolean => n >= 1 && n <= largest;
  if (!isSide(rows) || !isSide(columns))
    throw refusal(
      '--size',
      `a number of pixels such as 32, or height x width such as 24x32, at most ${largest}`,
      size,
    );
  const known = fits.find((one) => one === fit);
  if (known === undefined) throw refusal('--fit', fits.join(', '), fit);
  return { shape: { height: rows, width: columns, channels: grey ? 1 : 3 }, fit: known };
}

const refusal = (flag: string, expected: string, found: unknown): UserError =>
  new UserError({
    what: `${flag} cannot have this value.`,
    where: flag,
    expected,
    found: show(found),
  });
