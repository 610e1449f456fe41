import { effects, falls, names, nullYears, sizes } from './experiments.ts';
import { bestPower, meanOver, sixRuns } from './population.ts';
import { chosen, type RuleName } from './rules.ts';

/** A one-sided test's critical value at the level of 5 %. */
const z = 1.6448536269514722;

type Shares = Record<RuleName, number>;

export interface Results {
  years: number;
  nulls: Record<keyof typeof nullYears, Shares>;
  /** Of the goals: 1 point by 5 nights and half a point by 20, by images. */
  goals: { effect: number; nights: number; images: number; shares: Shares }[];
  /** For each effect and size, the chosen rule's night of every year. */
  power: number[][][];
  recall: { name: string; held: number[] }[];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const points = (share: number): string => `${100 * share} point${share === 0.01 ? '' : 's'}`;
const many = (count: number): string => count.toLocaleString('en');

function table(rows: readonly (readonly string[])[]): string {
  const [head, ...body] = rows;
  return [head!, head!.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** docs/gate-simulation.md */
export function documentOf({ years, nulls, goals, power, recall }: Results): string {
  const situations = Object.keys(nullYears);
  const name = (rule: RuleName) => (rule === chosen ? `**${rule}**` : rule);
  const worst = 1.96 * Math.sqrt((0.05 * 0.95) / years);
  return `# The gate, simulated

\`npx nx run evaluate:gate-simulation\` writes this page; equal code gives equal numbers. What is
simulated is ${many(years)} times a year of nights, with the rule's own code
(\`packages/evaluate/src/gate\`). [promoting.md](promoting.md) says what the rule is.

**Runs, not coins.** Six runs of the default recipe (seeds 1 to 6) recognise the same images so often:
of ${many(sixRuns.images)}, ${many(counted(6))} are recognised by all six and ${many(counted(0))} by none; two of them divide
${percent(sum(sixRuns.divided) / sixRuns.divided.length / sixRuns.images)}. From these counts, class by class, follows how frequent each chance of being recognised
is (the most likely distribution, no form of it assumed; two runs drawn by it divide ${percent(meanOver((p) => 2 * p * (1 - p)))}). A
year draws the gate's images with their chances, then a champion and each night a candidate, all by the
same chances: so they err on the same images as much as real runs do. A better candidate recognises
what it would not have by an additional chance. Drawn anew are the images, too: no better means no better on all
images that there could be, not on these.

## No better, for a year

Years of 365 nights in which a rule promotes, though no candidate is better (of ${many(years)} years; ±${(100 * worst).toFixed(1)} at 5 %):

${table([
  ['rule', ...situations],
  ...names.map((rule) => [name(rule), ...situations.map((of) => percent(nulls[of]![rule]))]),
])}

*Candidates alike*: to half of the images every night's candidate answers what the first one did.
*Settled champion*: it recognises what runs mostly recognise, so that only the candidates are noisy.
*Lucky champion*: the best by the number of 20 equally good runs, as promotions leave it behind; it is
harder to replace, which is the safe side. The boundary supposes that candidates vary as much as the champion does; if they
vary more (*settled champion*), its level is up to 5.9 %.

## Better, for some nights

Years in which a rule has promoted by then:

${table([
  [
    'rule',
    ...goals.map((g) => `${points(g.effect)}, ${many(g.images)} images, ${g.nights} nights`),
  ],
  ...names.map((rule) => [name(rule), ...goals.map(({ shares }) => percent(shares[rule]))]),
  [
    'the most that is possible at 5 %',
    ...goals.map((g) => percent(bestPower(g.effect, g.images, g.nights, z))),
  ],
])}

Rules that promote in more than 5 % of the years above are there to show why they are not used.

## Power against nights and images

Of the rule that is used; in brackets the most that any test at 5 % can reach ([why](promoting.md#what-no-rule-can-do)).

${effects.map((effect, e) => `**Better by ${points(effect)}**\n\n${powerTable(effect, power[e]!)}\n\n${chart(effect, power[e]!)}`).join('\n\n')}

## A class that is lost

How often the guard of recall holds a candidate back on 2,500 images (250 of each class), if the recall of one class
falls and all else stays as it is (of 1,000 nights):

${table([
  ['class', ...falls.map((fall) => (fall === 0 ? 'no fall' : points(fall)))],
  ...recall.map(({ name, held }) => [name, ...held.map(percent)]),
])}
`;
}

const nights = [1, 2, 3, 5, 10, 20, 40, 60];

const by = (year: readonly number[], night: number): number =>
  year.filter((promoted) => promoted <= night).length / year.length;

function powerTable(effect: number, power: readonly number[][]): string {
  return table([
    ['images', ...nights.map((night) => (night === 1 ? '1 night' : `${night} nights`))],
    ...sizes.map((images, s) => [
      many(images),
      ...nights.map(
        (night) =>
          `${percent(by(power[s]!, night))} (${percent(bestPower(effect, images, night, z))})`,
      ),
    ]),
  ]);
}

/** GitHub draws it. */
function chart(effect: number, power: readonly number[][]): string {
  const all = Array.from({ length: 60 }, (_, i) => i + 1);
  const lines = power.map(
    (year) => `  line [${all.map((night) => (100 * by(year, night)).toFixed(1)).join(', ')}]`,
  );
  return [
    ...['```mermaid', 'xychart-beta'],
    `  title "${points(effect)} better: promoted by then, in %, with ${sizes.map(many).join(', ')} images (from below)"`,
    ...['  x-axis "nights" 1 --> 60', '  y-axis "%" 0 --> 100'],
    ...[...lines, '```'],
  ].join('\n');
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const counted = (k: number): number => sum(sixRuns.classes.map(({ rightBy }) => rightBy[k]!));
