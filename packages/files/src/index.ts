export { explainFileError, fileFailure } from './file-failure.ts';
export { writeWhole } from './write-whole.ts';
