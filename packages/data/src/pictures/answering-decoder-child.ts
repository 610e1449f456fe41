import { availableParallelism } from 'node:os';
import { answerParent } from '@atelier/subprocess';
import type { DecodedAnswer, PictureQuestion } from './answering-decoder.ts';
import { type DecodeLimits, decodePicture, UnusablePicture } from './decode-picture.ts';
import { loadPlainDecoder } from './plain-decoder.ts';

answerParent<DecodeLimits, PictureQuestion, DecodedAnswer>(async (limits) => {
  // The first question would wait for it.
  loadPlainDecoder();
  return {
    lanes: availableParallelism(),
    answer: (questions) => Promise.all(questions.map((question) => decoded(question, limits))),
  };
});

async function decoded(
  { bytes, ...form }: PictureQuestion,
  limits: DecodeLimits,
): Promise<DecodedAnswer> {
  try {
    return { pixels: (await decodePicture(Buffer.from(bytes), form, limits)).pixels };
  } catch (error) {
    if (error instanceof UnusablePicture) return { why: error.message };
    throw error;
  }
}
