import { after, before, firstBlob, type Moment, predicting } from './moments.ts';
import { registryMoments } from './registry-moments.ts';

const ofADecision = ['entry', 'entered', 'pointer', 'pointed', 'publish', 'known'];

/** In the order in which the stage that decides comes to them. */
export const gateMoments: readonly Moment[] = [
  before('promote'),
  predicting('weighing', 'promote'),
  ...registryMoments.filter(({ name }) => ofADecision.includes(name)),
  firstBlob('promote'),
  after('promote'),
];
