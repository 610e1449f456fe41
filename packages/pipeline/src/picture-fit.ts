import { parsePictureList } from '@atelier/data';
import type { PreparedDataset } from '@atelier/data/prepared-dataset';
import { decoded } from './recorded-artifacts.ts';
import type { Store } from './run-store.ts';

/** How the run's pictures were brought to the size of all: by cover, where they were no pictures. */
export async function fitOf(store: Pick<Store, 'getBlob'>, { sources }: PreparedDataset) {
  const { list } = sources;
  if (list === undefined) return 'cover' as const;
  const bytes = await store.getBlob({ sha256: list.sha256, bytes: list.bytes });
  return decoded('the list of pictures', () => parsePictureList(bytes, 'the list of pictures')).made
    .fit;
}
