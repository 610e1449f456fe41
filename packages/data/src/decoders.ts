/** What reads bytes that others made and nobody has checked, for those who try it with hostile ones. */
export { importArrays } from './arrays/import-arrays.ts';
export { decodePicture, UnusablePicture } from './pictures/decode-picture.ts';
export { importFolder } from './pictures/import-folder.ts';
export { loadPlainDecoder } from './pictures/plain-decoder.ts';
export { openPictureTables } from './tables/picture-tables.ts';
export { readTable } from './tables/table-layout.ts';
