import type { Moment } from './moments.ts';
import type { StorageEvent } from './storage-proxy.ts';

const announcement = 'retention/sweep.json';
const isAnnouncement = ({ method, key }: StorageEvent): boolean =>
  method === 'PUT' && key === announcement;
/** Of the whole bucket, which nobody else lists. */
const isListing = ({ method, key, prefix }: StorageEvent): boolean =>
  method === 'GET' && key === '' && prefix === '';
const isRemoval = ({ method, key }: StorageEvent): boolean => method === 'POST' && key === '';

const isEnd = ({ method, key }: StorageEvent): boolean =>
  method === 'DELETE' && key === announcement;

/** The first such event since the nth announcement was answered. */
const since = (
  name: string,
  title: string,
  nth: number,
  is: (event: StorageEvent) => boolean,
): Moment => ({
  name,
  title,
  recognise() {
    let announced = 0;
    return (event) => {
      if (announced >= nth) return is(event);
      if (isAnnouncement(event) && event.phase === 'answered') announced += 1;
      return false;
    };
  },
});

const arrives =
  (is: (event: StorageEvent) => boolean) =>
  (event: StorageEvent): boolean =>
    event.phase === 'arrived' && is(event);

/** In the order in which a removal comes to them. */
export const pruneMoments: readonly Moment[] = [
  since('mark', 'it begins to look what is needed', 1, arrives(isListing)),
  since('announce', 'what goes is about to be announced', 1, arrives(isAnnouncement)),
  since('mark-again', 'that is announced, and it is looked once more', 2, arrives(isListing)),
  since('remove', 'the removal is on its way', 2, arrives(isRemoval)),
  since(
    'removed',
    'all of it is removed, and the announcement is about to be taken back',
    2,
    arrives(isEnd),
  ),
];
