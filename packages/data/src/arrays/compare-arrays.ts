import type { ArraysDescriptor } from '../formats/arrays.ts';
import { describeImageShape } from '../image-shape.ts';

/**
 * What is different in a file of arrays since it was imported; nothing where it is the same dataset.
 * @returns a clause for each kind of change
 */
export function compareArrays(before: ArraysDescriptor, now: ArraysDescriptor): string[] {
  const clauses: string[] = [];
  const say = (what: string, of: (descriptor: ArraysDescriptor) => string): void => {
    if (of(before) !== of(now)) clauses.push(`${what} ${of(before)}, now ${of(now)}`);
  };
  say('SHA-256', ({ files }) => files.data.sha256);
  say('images', ({ counts }) => `${counts?.train} to learn from and ${counts?.test} to test with`);
  say('images of', describeImageShape);
  say('classes', ({ classes }) => String(classes.length));
  say('arrays', ({ arrays }) => Object.values(arrays).join(', '));
  return clauses;
}
