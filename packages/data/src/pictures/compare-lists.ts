import { firstFew, oneLine } from '@atelier/text';
import { describeImageShape } from '../image-shape.ts';
import type { PictureList } from './picture-list.ts';

const named = 5;

/**
 * What is different in a folder since it was imported: files that are new, gone, changed or in
 * another class or set, and how pixels are made. None where it is the same dataset.
 * @returns a clause for each kind of change, with the first files of it
 */
export function compareLists(before: PictureList, now: PictureList): string[] {
  const was = new Map(before.pictures.map((picture) => [picture.path, picture]));
  const is = new Map(now.pictures.map((picture) => [picture.path, picture]));
  const kept = now.pictures.filter(({ path }) => was.has(path));
  const changed = kept.filter(({ path, sha256 }) => was.get(path)!.sha256 !== sha256);
  const moved = kept.filter(({ path, label, set, sha256 }) => {
    const earlier = was.get(path)!;
    return earlier.sha256 === sha256 && (earlier.label !== label || earlier.set !== set);
  });
  const clauses = [
    said('changed', changed),
    said(
      'new',
      now.pictures.filter(({ path }) => !was.has(path)),
    ),
    said(
      'gone',
      before.pictures.filter(({ path }) => !is.has(path)),
    ),
    said('of another class or set', moved),
  ];
  const [earlier, later] = [before, now].map(({ made }) => describeMade(made));
  if (earlier !== later) clauses.push(`made as ${earlier} then, as ${later} now`);
  return clauses.filter((clause) => clause !== undefined);
}

const describeMade = ({ fit, by, ...shape }: PictureList['made']): string =>
  `${describeImageShape(shape)}, fit ${fit}, by ${by}`;

function said(what: string, pictures: readonly { path: string }[]): string | undefined {
  if (pictures.length === 0) return undefined;
  const paths = pictures.map(({ path }) => oneLine(path));
  return `${pictures.length} ${what} (${firstFew(paths, named)})`;
}
