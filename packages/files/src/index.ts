export { explainFileError, fileFailure } from './file-failure.ts';
export {
  type HeldFile,
  hashedFile,
  holdFile,
  readUnchanged,
  type WatchedFile,
} from './held-file.ts';
export { standingAt } from './places.ts';
export { isPrivateFolder, privateFolder } from './private-folder.ts';
export { readDocument } from './read-document.ts';
export { type DocumentKind, readText } from './read-text.ts';
export { sha256Of } from './sha256-of.ts';
export { whyUnwritable } from './why-unwritable.ts';
export { writeWhole } from './write-whole.ts';
