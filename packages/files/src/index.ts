export { explainFileError, fileFailure } from './file-failure.ts';
export { readDocument } from './read-document.ts';
export { writeWhole } from './write-whole.ts';
