import { writeFileSync } from 'node:fs';
import { documentOf } from './document.ts';
import { falls, heldForRecall, lived, nullYears, powerYears, promoting } from './experiments.ts';

const years = 1000;

const nulls = Object.fromEntries(
  Object.entries(nullYears).map(([name, situation]) => [
    name,
    promoting(lived(situation, years), situation.nights),
  ]),
);
const goals = [
  { effect: 0.01, nights: 5, images: 2500 },
  { effect: 0.005, nights: 20, images: 2500 },
  { effect: 0.005, nights: 20, images: 5000 },
].map((goal) => ({ ...goal, shares: promoting(lived(goal, years), goal.nights) }));
const recall = ['Trouser', 'Coat', 'Shirt'].map((name) => ({
  name,
  held: falls.map((fall) => heldForRecall(name, fall, 2500, 1000)),
}));
const text = documentOf({ years, nulls, goals, power: powerYears(years), recall });
writeFileSync(new URL('../../../../docs/gate-simulation.md', import.meta.url), text);
