import { type StageName, stageNames } from '../../src/stages/index.ts';
import { receiverKey, type StorageEvent } from './storage-proxy.ts';

/** A moment of a run, recognised by what the worker asks of the store. */
export interface Moment {
  name: string;
  /** What has happened, for people. */
  title: string;
  /** A new recogniser, which says of one request after the other whether this is the moment. */
  recognise(): (event: StorageEvent) => boolean;
  /** Another process that the moment waits for. */
  child?: 'prediction-child';
}

const record = (stage: StageName): RegExp => new RegExp(`^stages/${stage}/[0-9a-f]{64}\\.json$`);
const isBlob = ({ key }: StorageEvent): boolean => key.startsWith('blobs/');
const puts = ({ method, phase }: StorageEvent, when: StorageEvent['phase']): boolean =>
  method === 'PUT' && phase === when;
const commits = ({ key }: StorageEvent, epoch: number): boolean =>
  key.endsWith(`/epochs/${String(epoch).padStart(4, '0')}.json`);
const asks = (event: StorageEvent, stage: StageName): boolean =>
  event.method === 'GET' && event.phase === 'arrived' && record(stage).test(event.key);

/** Recognises the nth such event since a stage first looked for its record. */
const since =
  (stage: StageName, is: (event: StorageEvent) => boolean, nth = 1) =>
  () => {
    let begun = false;
    let count = 0;
    return (event: StorageEvent): boolean => {
      begun ||= asks(event, stage);
      if (begun && is(event)) count += 1;
      return count === nth;
    };
  };

export const before = (stage: StageName): Moment => ({
  name: `before-${stage}`,
  title: 'it looks for its record',
  recognise: () => (event) => asks(event, stage),
});

export const after = (stage: StageName): Moment => ({
  name: `after-${stage}`,
  title: 'its record is answered for',
  recognise: () => (event) =>
    puts(event, 'answered') && event.status === 200 && record(stage).test(event.key),
});

export const firstBlob = (stage: StageName): Moment => ({
  name: `during-${stage}`,
  title: 'its first artifact is on its way',
  recognise: since(stage, (event) => puts(event, 'arrived') && isBlob(event)),
});

/** What is predicted on is read first. */
export const predicting = (name: string, stage: StageName): Moment => ({
  name,
  title: 'the prediction process runs',
  recognise: since(
    stage,
    (event) => event.method === 'GET' && event.phase === 'answered' && isBlob(event),
  ),
  child: 'prediction-child',
});

/** Where a stage has a better one than its first artifact. */
const during: Partial<Record<StageName, Moment>> = {
  train: {
    name: 'during-train',
    title: 'epoch 3 is committed',
    recognise: () => (event) => puts(event, 'answered') && commits(event, 3),
  },
  evaluate: predicting('during-evaluate', 'evaluate'),
};

const upload: Moment = {
  name: 'upload',
  title: "half of epoch 3's checkpoint is with the store",
  recognise: since('train', (event) => puts(event, 'half') && isBlob(event), 3),
};

const commit: Moment = {
  name: 'commit',
  title: "epoch 4's checkpoint is stored and its record on its way",
  recognise: () => (event) => puts(event, 'arrived') && commits(event, 4),
};

const thinning: Moment = {
  name: 'thinning',
  title: 'the first checkpoint that is not kept is removed',
  recognise: () => (event) =>
    event.method === 'DELETE' && event.phase === 'answered' && isBlob(event),
};

const promotion: Moment = {
  name: 'promotion',
  title: 'a pointer is on its way',
  recognise: () => (event) => isPromotion(event),
};

const isPromotion = (event: StorageEvent): boolean =>
  puts(event, 'arrived') && event.key.startsWith('registry/');

/** The nth time that a run's record, or its row in the index, is on its way. */
const recording = (name: string, title: string, key: RegExp, nth: number): Moment => ({
  name,
  title,
  recognise() {
    let count = 0;
    return (event) => {
      if (puts(event, 'arrived') && key.test(event.key)) count += 1;
      return count === nth;
    };
  },
});

const runRecord = /^runs\/[^/]+\/run\.json$/;
const opening = recording('opening', "the run's record is on its way", runRecord, 1);
const closing = recording('closing', 'the record of its end is on its way', runRecord, 2);
const indexing = recording('indexing', 'the row of its end is on its way', /^index\/runs\//, 2);

/** The nth request about a message to who is told of runs, at that phase. */
const telling = (
  name: string,
  title: string,
  method: string,
  phase: StorageEvent['phase'],
): Moment => ({
  name,
  title,
  recognise: () => (event) =>
    event.method === method && event.phase === phase && event.key.startsWith('outbox/'),
});

/** These runs decide about no model; those that do have cells of their own, see `gate-cells.ts`. */
const stages = stageNames.filter((stage) => stage !== 'promote');

/** In the order in which a run comes to them. */
export const moments: readonly Moment[] = [
  opening,
  ...stages.flatMap((stage) => [
    before(stage),
    ...(stage === 'train' ? [upload] : []),
    during[stage] ?? firstBlob(stage),
    ...(stage === 'train' ? [commit] : []),
    after(stage),
    ...(stage === 'select' ? [thinning] : []),
  ]),
  closing,
  indexing,
  promotion,
  telling('telling', 'the message of its end is on its way to the store', 'PUT', 'arrived'),
  telling('told', 'the message is in the store', 'PUT', 'answered'),
  {
    name: 'delivering',
    title: 'the receiver has the message and has not answered',
    recognise: () => (event) => event.key === receiverKey,
  },
  telling(
    'delivered',
    'the receiver has taken it, and its removal is on its way',
    'DELETE',
    'arrived',
  ),
];

export function momentNamed(name: string): Moment {
  const found = moments.find((moment) => moment.name === name);
  if (found === undefined) throw new Error(`There is no moment ${name}.`);
  return found;
}
