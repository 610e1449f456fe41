import { serveParent } from '@atelier/subprocess';
import { atIntervals } from './at-intervals.ts';
import {
  type DecodeJob,
  type DecodeProgress,
  decodePictures,
  type LeftOut,
} from './decode-pictures.ts';

serveParent<DecodeJob, DecodeProgress, LeftOut[]>(async (job, { send, signal }) =>
  decodePictures(job, signal, atIntervals(send)),
);
