import { availableParallelism } from 'node:os';
import { GraphError } from '@atelier/graph';
import { loadGraph } from '@atelier/graph/load-graph';
import { describeEnvironment, type LoadOptions, loadTensorFlow } from '@atelier/tensorflow';
import { imageSize } from '../image-shape.ts';
import type { PictureForm } from './decode-picture.ts';
import { type PictureProgram, pictureProgram } from './picture-program.ts';
import type { PlainPicture } from './plain-picture.ts';

/** Of larger pictures libvips saves more, by what it leaves out, than it takes to begin. */
const mostPixels = 2 ** 18;
/** Pictures that a program takes at a time: some milliseconds, in which this thread waits for it. */
const mostAtOnce = 64;

/** Where a picture lies in what is made of it; see `pictureProgram`. */
interface Placing {
  /** Scale and shift of the height, then of the width, each with what stays beside it. */
  sides: readonly number[];
  /** Of what is decoded. */
  shape: readonly number[];
}

interface Task {
  bytes: Buffer;
  placing: Placing;
  resolve(pixels: Uint8Array | undefined): void;
  reject(error: unknown): void;
}

interface Lane {
  program: ReturnType<typeof loadGraph>;
  size: number;
  waiting: Task[];
}

const lanes = new Map<string, Lane>();
let isFlushing = false;

/** As many pictures as there are cores, each by one: small ones are not worth handing parts of them over. */
const loading: LoadOptions = { device: 'cpu', threads: 1, ops: availableParallelism() };

/** What decodes plain pictures; its number is raised where the same file gives other pixels. Loads it. */
export const plainDecoder = (): string =>
  `plain pictures 3 with TensorFlow ${describeEnvironment(loading).tensorflow}`;

export function loadPlainDecoder(): void {
  loadTensorFlow(loading);
}

/**
 * Makes pixels of a small plain picture, by the decoders and the resizing that are within TensorFlow; those that
 * are asked for at the same time are made together. A picture that is not made smaller keeps its pixels as they
 * are; others come out as libvips would make them without a decoder's scaling, but for rounding (Lanczos, 3 lobes).
 * @returns undefined where the file is broken, and for pictures and forms that are left to libvips
 */
export function decodePlain(
  bytes: Buffer,
  picture: PlainPicture,
  form: PictureForm,
): Promise<Uint8Array | undefined> | undefined {
  const placed = place(picture, form);
  if (placed === undefined) return undefined;
  const { reduction, resizes, ...placing } = placed;
  const lane = laneOf({ format: picture.format, reduction, resizes, shape: form.shape });
  return new Promise((resolve, reject) => {
    lane.waiting.push({ bytes, placing, resolve, reject });
    if (!isFlushing) setImmediate(flush);
    isFlushing = true;
  });
}

function place(
  { format, height, width, isGrey }: PlainPicture,
  { shape, fit }: PictureForm,
): (Placing & Pick<PictureProgram, 'reduction' | 'resizes'>) | undefined {
  // Grey of colours is a question of taste, larger of smaller pictures one of another kernel.
  if (height * width > mostPixels || (shape.channels === 1 && !isGrey)) return undefined;
  const ratios = { height: shape.height / height, width: shape.width / width };
  if (ratios.height > 1 || ratios.width > 1) return undefined;
  const isAlike = ratios.height === ratios.width;
  if (fit === 'contain' && !isAlike) return undefined;
  const least = Math.max(ratios.height, ratios.width);
  const drawn = fit === 'stretch' ? shape : { height: height * least, width: width * least };
  const reduction = reductionFor(format, Math.min(height / shape.height, width / shape.width));
  const sides = [
    ...placeSide(height / reduction, drawn.height, shape.height),
    ...placeSide(width / reduction, drawn.width, shape.width),
  ];
  return {
    reduction,
    resizes: sides.join() !== '1,1,0,0,1,1,0,0',
    sides,
    shape: [1, Math.ceil(height / reduction), 1, Math.ceil(width / reduction) * shape.channels],
  };
}

/**
 * As libvips has it: of a whole picture that is no whole number of pixels long, the nearest number lies in its
 * middle, of which as many are cut off as are too much.
 * @param decoded by the picture's own side, so maybe no whole number: the last of the decoder's pixels may
 * reach past it
 * @param drawn the length of the whole picture
 */
function placeSide(decoded: number, drawn: number, kept: number): number[] {
  const whole = Math.round(drawn);
  return [drawn / decoded, 1, (whole - drawn) / 2 + Math.floor((kept - whole) / 2), 0];
}

/** So that the decoder's own, coarser scaling leaves half as many pixels again a side as are wanted. */
const reductionFor = (format: PlainPicture['format'], shrinking: number) =>
  format === 'PNG' ? 1 : (([8, 4, 2] as const).find((by) => shrinking / by >= 1.5) ?? 1);

function laneOf(program: PictureProgram): Lane {
  const key = JSON.stringify(program);
  const known = lanes.get(key);
  if (known !== undefined) return known;
  loadPlainDecoder();
  const lane = {
    program: loadGraph(pictureProgram(program)),
    size: imageSize(program.shape),
    waiting: [],
  };
  lanes.set(key, lane);
  return lane;
}

function flush(): void {
  isFlushing = false;
  for (const lane of lanes.values())
    while (lane.waiting.length > 0) decode(lane, lane.waiting.splice(0, mostAtOnce));
}

function decode(lane: Lane, tasks: readonly Task[]): void {
  try {
    const pixels = run(lane, tasks);
    tasks.forEach(({ resolve }, i) => {
      resolve(pixels.slice(i * lane.size, (i + 1) * lane.size));
    });
  } catch (error) {
    if (!(error instanceof GraphError)) for (const { reject } of tasks) reject(error);
    else if (tasks.length === 1) tasks[0]!.resolve(undefined);
    // It does not say whose fault it was.
    else for (const task of tasks) decode(lane, [task]);
  }
}

/** What all of them become, one after another. */
function run({ program }: Lane, tasks: readonly Task[]): Uint8Array {
  const { tensor, tidy } = loadTensorFlow();
  // It would look for tensors among bytes, had they been made of the result within.
  const pixels = tidy(() => {
    const n = tasks.length;
    const files = tensor(
      tasks.map(({ bytes }) => plainBytes(bytes)),
      [n],
      'string',
    );
    const placings = tensor(
      tasks.flatMap(({ placing }) => placing.sides),
      [n, 4, 2],
    );
    const shapes = tensor(
      tasks.flatMap(({ placing }) => placing.shape),
      [n, 4],
      'int32',
    );
    return program.run([files, placings, shapes])[0]!;
  });
  try {
    return new Uint8Array(pixels.dataSync());
  } finally {
    pixels.dispose();
  }
}

/** tfjs looks at every byte of a Buffer, as it does not know what that is. */
const plainBytes = ({ buffer, byteOffset, length }: Buffer): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);
