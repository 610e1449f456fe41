import type { DataContract } from '@atelier/data/prepared-dataset';
import { counted, grouped } from '../numbers.ts';
import { type Content, type Html, html } from '../page/html.ts';
import { imageUri } from './pictures.ts';
import type { Images } from './section.ts';

type Pictures = NonNullable<DataContract['pictures']>;

function sizesText({ smallest, largest }: Pictures['sizes']): string {
  const [least, most] = [smallest, largest].map(({ height, width }) => `${height} × ${width}`);
  return `${least}${least === most ? '' : ` to ${most}`} pixels`;
}

/** What was found in the pictures of a folder, before they were pixels. */
export function pictureFacts(
  { leftOut, kinds, sizes, nearDuplicates: { across } }: Pictures,
  { classBalance }: DataContract,
): [string, Content][] {
  const { train, gate } = classBalance;
  const byCount = Object.entries(kinds).sort(([, a], [, b]) => b - a);
  const ofGate = gate ? `, ${counted(across.trainGate ?? 0, 'gate picture')}` : '';
  return [
    ['Kinds', byCount.map(([kind, count]) => `${grouped(count)} ${kind}`).join(', ')],
    ['Sizes', `${sizesText(sizes)}; ${grouped(sizes.enlarged)} had to be enlarged`],
    ['Classes in train', `${grouped(train.smallest)} to ${counted(train.largest, 'picture')}`],
    [
      'Look like one in train',
      `${counted(across.trainValidation, 'validation picture')}${ofGate}, ${counted(across.trainTest, 'test picture')}, without being equal`,
    ],
    ['Look alike in validation and test', counted(across.validationTest, 'picture')],
    ...(gate
      ? ([
          [
            'Look alike in gate',
            `and validation ${counted(across.validationGate ?? 0, 'picture')}, and test ${counted(across.gateTest ?? 0, 'picture')}`,
          ],
        ] satisfies [string, Content][])
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

/**
 * Pictures that look like one of an earlier split, each after the one that it is like.
 * @param shown both of each pair by their places in the contract's order; without them they are only named
 */
export function alikePictures(
  { examples }: Pictures['nearDuplicates'],
  classes: readonly string[],
  shown: Images | undefined,
): Html {
  if (examples.length === 0) return html``;
  const what = `${examples.length === 1 ? 'One that looks' : `The first ${examples.length} that look`} like a picture of an earlier split`;
  if (shown === undefined)
    return html`
<p>${what}:<br>${lines(
      examples.map(
        ([one, other]) => `${one.path} (${one.split}) and ${other.path} (${other.split})`,
      ),
    )}</p>`;
  const { height, width } = shown.shape;
  return html`
<p>${what}, each after that picture, as the network gets them. Where a test picture looks like one in train, the test may be
easier than it seems; where classes differ, one of them may be wrong.</p>
<ul class="pictures alike">${examples.flat().map(
    ({ path, split, label }, at) => html`<li>
<img src="${imageUri(shown.at(at), shown.shape)}" width="${width}" height="${height}" alt="${path}">
<p><span class="taken">${classes[label]!}</span>
<span>${path}</span>
<span class="probability">${split}</span></p>
</li>
`,
  )}</ul>`;
}

const lines = (texts: readonly string[]): Content =>
  texts.map((text, i) => html`${i > 0 && html`<br>`}${text}`);
