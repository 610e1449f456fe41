export {
  type DatasetDescriptor,
  type DatasetFile,
  descriptorSchema,
  type FileRole,
  fileRoles,
} from './descriptor.ts';
export {
  type DownloadOptions,
  type DownloadProgress,
  downloadDataset,
} from './download/download-dataset.ts';
export { type IdxArray, parseIdx } from './idx.ts';
export {
  describeColours,
  describeImageShape,
  type ImageShape,
  imageAt,
  imageDimensions,
  imageShape,
  imageShapeFields,
  imageSize,
  type StoredImageShape,
  storedImageShape,
} from './image-shape.ts';
export { decodeMembership } from './membership.ts';
export { type PrepareOptions, prepareDataset } from './prepare-dataset.ts';
export {
  type DataContract,
  type PreparedDataset,
  preparedDatasetSchema,
} from './prepared-dataset.ts';
export { checkDescriptor, readDescriptor } from './read-descriptor.ts';
export { decodeSplit, encodeSplit, type Split, type SplitName } from './split.ts';
