/**
 * The set of an image that nothing else puts into one: by the first 32 bits of its digest, as a share
 * of 1. So it stays where it is when others come, and copies of it go with it.
 */
export const setOfDigest = (sha256: string, testShare: number): 'train' | 'test' =>
  Number.parseInt(sha256.slice(0, 8), 16) / 2 ** 32 < testShare ? 'test' : 'train';

/** The share of the images that becomes the test set where nobody says which. */
export const usualTestShare = 0.2;

/** The share of the training set that becomes the validation split of what is imported. */
export const usualValidationShare = 0.1;
