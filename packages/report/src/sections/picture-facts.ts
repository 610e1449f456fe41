import type { DataContract } from '@atelier/data/prepared-dataset';
import { counted, grouped } from '../numbers.ts';
import { type Content, html } from '../page/html.ts';

type Pictures = NonNullable<DataContract['pictures']>;

/** What was found in the pictures of a folder, before they were pixels. */
export function pictureFacts(
  { leftOut, kinds, sizes, nearDuplicates }: Pictures,
  { classBalance }: DataContract,
): [string, Content][] {
  const { smallest, largest, enlarged } = sizes;
  const { across, examples } = nearDuplicates;
  const { train } = classBalance;
  const byCount = Object.entries(kinds).sort(([, a], [, b]) => b - a);
  return [
    ['Kinds', byCount.map(([kind, count]) => `${grouped(count)} ${kind}`).join(', ')],
    [
      'Sizes',
      `${smallest.height} × ${smallest.width} to ${largest.height} × ${largest.width} pixels; ${grouped(enlarged)} had to be enlarged`,
    ],
    ['Classes in train', `${grouped(train.smallest)} to ${counted(train.largest, 'picture')}`],
    [
      'Look like one in train',
      `${counted(across.trainValidation, 'validation picture')}, ${counted(across.trainTest, 'test picture')}, without being equal`,
    ],
    ['Look alike in validation and test', counted(across.validationTest, 'picture')],
    ...(examples.length > 0
      ? [
          [
            'Such as',
            lines(
              examples.map(
                ([one, other]) => `${one.path} (${one.split}) and ${other.path} (${other.split})`,
              ),
            ),
          ] as [string, Content],
        ]
      : []),
    ['Left out', counted(leftOut.count, 'file')],
    ...(leftOut.count > 0
      ? [
          ['Because', lines(leftOut.examples.map(({ path, why }) => `${path}: ${why}`))] as [
            string,
            Content,
          ],
        ]
      : []),
  ];
}

const lines = (texts: readonly string[]): Content =>
  texts.map((text, i) => html`${i > 0 && html`<br>`}${text}`);
