export { compareArrays } from './arrays/compare-arrays.ts';
export { checkLocalMirrors } from './check-local-mirrors.ts';
export { type DatasetDescriptor, isFixed, withFiles } from './descriptor.ts';
export {
  type DownloadProgress,
  downloadDataset,
} from './download-dataset.ts';
export { findDuplicatesInParts } from './duplicates.ts';
export { followFiles, glanceAtFiles } from './follow-files.ts';
export { type ImportJob, importInChild } from './import-in-child.ts';
export type { Imported } from './imported.ts';
export { pathsIn } from './official-sets.ts';
export { openAnsweringDecoder } from './pictures/answering-decoder.ts';
export { compareLists } from './pictures/compare-lists.ts';
export { decodeInChild } from './pictures/decode-in-child.ts';
export { isPicture, picturesIn } from './pictures/folder-layout.ts';
export { parsePictureList } from './pictures/picture-list.ts';
export { prepareDataset } from './prepare-dataset.ts';
export { type PreparedFiles, prepareInChild } from './prepare-in-child.ts';
export type { PreparedDataset } from './prepared-dataset.ts';
export { readDescriptor, readOpenDescriptor } from './read-descriptor.ts';
export { readSplit, type SplitFiles, type StreamedSplit, shardsOf } from './read-split.ts';
export {
  decodeSplit,
  decodeSplitOrHead,
  encodeShardedSplit,
  encodeSplit,
  type Shard,
  type Split,
  splitHeader,
  splitNames,
} from './split.ts';
export { tablePathsInChild } from './tables/paths-in-child.ts';
