import { isUserError, UserError } from '@atelier/errors';
import { compile } from '@atelier/graph';
import {
  batchNormTensors,
  digest,
  inferenceLogits,
  initialModel,
  loadNetwork,
  type NetworkModule,
  placed,
  runModule,
  sizeOf,
  trainingLogits,
  weightsOf,
} from '@atelier/model';
import {
  type ModuleOptions,
  type ModuleTensor,
  type Network,
  networkFor,
} from '@atelier/model/network';
import { expectationOf, fieldsOf, show } from '@atelier/settings';
import { fill, profile, type Tensor, tensor1d, zeros } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { DescriptionRequest } from './describe-network.ts';
import { ofTraining } from './initialise.ts';
import { bufferLayout, initialState } from './parameter-buffer.ts';
import { recipeSchema } from './recipe.ts';
import { checkRepeats } from './repeated-network.ts';
import { learn, toDevice } from './training-step.ts';

const roleNames = ['weight', 'bias', 'scale', 'shift', 'runningMean', 'runningVariance'] as const;

const size = z.int().min(1);

const tensorName = z
  .string()
  .regex(/^[\w-]+(?:\.[\w-]+)*$/, 'expected letters, digits, _ and -, with dots between');

/** Of all tensors: what Node holds in one piece has room for them and two moments of each. */
const mostNumbers = 2 ** 28;

/** Characters of options and tensors: they go with every start, and Temporal takes two million bytes. */
const mostSaid = 2 ** 18;

/** What a module says of a tensor; a BatchNorm's four are said at once. */
const tensorSchema = z.union([
  z.strictObject({ batchNorm: tensorName, features: size }),
  z.strictObject({
    name: tensorName,
    shape: z.array(size).min(1),
    role: z.enum(roleNames).optional(),
    fanIn: size.optional(),
    decays: z.boolean().optional(),
  }),
]);

/**
 * What a module is to the rest of Atelier, after a step of its training was traced and one example
 * was computed.
 * @throws UserError that says what is wrong with it
 */
export async function lookAtNetwork(request: DescriptionRequest): Promise<ModuleOptions> {
  const { name, source, image, classes } = request;
  const refuse = (what: string, expected: string, found: string, where = name): UserError =>
    new UserError({
      ...{ what, where, expected, found },
      remedy: 'docs/networks.md says what a module exports',
      mendedBy: [],
    });
  const module = runModule(source, name);
  for (const wanted of ['tensors', 'forward'])
    if (typeof module[wanted] !== 'function')
      throw refuse(
        `The network's module exports no function ${wanted}.`,
        `export function ${wanted}(…)`,
        `exports ${Object.keys(module).join(', ') || 'nothing'}`,
      );
  const options = optionsOf(module, request, refuse);
  const { height, width, channels } = image;
  const ends = { inputs: height * width * channels, classes, image };
  const described = placed(source, name, () =>
    (module.tensors as (of: object) => unknown)({ ...ends, options }),
  );
  const found: ModuleOptions = {
    ...{ architecture: 'module', name, module: refOf(source) },
    options: options as ModuleOptions['options'],
    for: { classes, image },
    tensors: tensorsOf(described, refuse),
    multiplyAdds: 0,
  };
  const { length } = JSON.stringify(found);
  if (length > mostSaid)
    throw refuse(
      'The network says too much of itself.',
      `at most ${mostSaid} characters of options and tensors together, as JSON`,
      String(length),
      'options, tensors',
    );
  const network = networkFor(found, image, classes);
  loadNetwork({ network, source });
  check(network, refuse);
  checkRepeats(network, () => loadNetwork({ network, source }), refuse);
  return { ...found, multiplyAdds: await multiplyAddsOf(network) };
}

type Refuse = (what: string, expected: string, found: string, where?: string) => UserError;

const refOf = (source: string) => ({ sha256: digest(source), bytes: Buffer.byteLength(source) });

/** The options that a schema has at a path. */
function knownAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string {
  const group = path.reduce<z.core.$ZodType | undefined>(
    (one, key) => one && fieldsOf(one)[String(key)],
    schema,
  );
  return (group && Object.keys(fieldsOf(group)).join(' or ')) || 'no option';
}

function optionsOf(
  module: NetworkModule,
  { name, options }: DescriptionRequest,
  refuse: Refuse,
): Record<string, unknown> {
  const schema = module.options ?? z.strictObject({});
  if (!(schema instanceof z.ZodType))
    throw refuse(
      "The module's options are no schema.",
      'export const options = z.strictObject({ … })',
      typeof schema,
    );
  const { data, error } = schema.safeParse(options);
  const issue = error?.issues[0];
  if (issue)
    throw refuse(
      `The network cannot have this option${issue.path.length > 0 ? `: ${issue.path.join('.')}` : ''}.`,
      issue.code === 'unrecognized_keys' ? knownAt(schema, issue.path) : expectationOf(issue),
      show(issue.path.reduce<unknown>((value, key) => (value as never)?.[key], options)),
      `--networkOptions, for ${name}`,
    );
  const json = z.record(z.string(), z.json()).safeParse(data);
  if (!json.success)
    throw refuse(
      "The network's options are not values of JSON.",
      'numbers, texts, lists of them',
      show(data),
    );
  return json.data;
}

function tensorsOf(described: unknown, refuse: Refuse): ModuleTensor[] {
  const { data, error } = z.array(z.unknown()).min(1).safeParse(described);
  if (error)
    throw refuse(
      "The module's tensors are no list.",
      'a list with a tensor in it',
      show(described),
      'tensors',
    );
  const tensors = data.flatMap((one, i): ModuleTensor[] => {
    const parsed = tensorSchema.safeParse(one);
    if (!parsed.success)
      throw refuse(
        'A tensor of the network is not usable.',
        `{ name, shape, role? (${roleNames.join(', ')}), fanIn?, decays? } or { batchNorm, features }`,
        show(one),
        `tensors, entry ${i + 1}`,
      );
    const { data: tensor } = parsed;
    return 'batchNorm' in tensor
      ? batchNormTensors(tensor.batchNorm, tensor.features)
      : [whole(tensor)];
  });
  const names = tensors.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw refuse('Two tensors have one name.', 'every name once', twice, 'tensors');
  const numbers = tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  if (numbers > mostNumbers)
    throw refuse(
      'The network is too large for a checkpoint.',
      `at most ${mostNumbers} numbers in all tensors together`,
      String(numbers),
      'tensors',
    );
  const taken = names.find(
    (name) => ofTraining.test(name) || name === '__metadata__' || name === '__proto__',
  );
  if (taken !== undefined)
    throw refuse(
      'A tensor has a name that checkpoints need for something else.',
      'another name than step, __metadata__, __proto__ or adamw.…',
      taken,
      'tensors',
    );
  return tensors;
}

function whole(tensor: {
  name: string;
  shape: number[];
  role?: ModuleTensor['role'] | undefined;
  fanIn?: number | undefined;
  decays?: boolean | undefined;
}): ModuleTensor {
  const { name, shape, role = shape.length > 1 ? 'weight' : 'bias' } = tensor;
  const inputs = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return {
    ...{
      name,
      shape,
      role,
      layer: name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : name,
    },
    ...(role === 'weight' && { fanIn: tensor.fanIn ?? inputs }),
    decays: tensor.decays ?? role === 'weight',
  };
}

/** Examples of the traced step: no size of a layer, so that a mistaken dimension shows. */
const examples = 3;

/** Traces inference and a step of training, as a run does both. */
function check(network: Network, refuse: Refuse): void {
  const recipe = recipeSchema.parse({});
  const layout = bufferLayout(network);
  const state = initialState(network, layout, 1);
  const { classes, inputs } = network;
  const x = zeros([examples, inputs]);
  const weights = weightsOf(initialModel(network, 1));
  const checked = (logits: Tensor, when: string): Tensor => {
    if (logits?.shape?.join() !== [examples, classes].join())
      throw refuse(
        `The network's forward pass gives no logits, ${when}.`,
        `a tensor of [n, classes]: [${examples}, ${classes}] for ${examples} images`,
        logits?.shape ? `[${logits.shape.join(', ')}]` : show(logits),
        'forward',
      );
    return logits;
  };
  traced(refuse, () =>
    compile(
      (it: { x: Tensor; weights: typeof weights }) =>
        checked(inferenceLogits(it.x, it.weights, network), 'at inference'),
      {
        inputs: { x, weights },
        jit: false,
      },
    ).dispose(),
  );
  const shares = fill([1, examples], 1 / examples);
  const learning = Object.fromEntries(
    Object.entries(weights).filter(([name]) => layout.running.every((slot) => slot.name !== name)),
  );
  const sites = new Set<unknown>();
  const drop = (h: Tensor, rate: unknown, site: unknown): Tensor => {
    if (!(typeof rate === 'number' && rate >= 0 && rate < 1))
      throw refuse('A dropout has no usable rate.', 'from 0 to below 1', show(rate), 'forward');
    // Others are those of augmentation and of the order of images.
    if (!Number.isInteger(site) || (site as number) < 1 || sites.has(site))
      throw refuse(
        'A dropout has no place of its own, and would draw as something else does.',
        'layers.dropout(x, rate, site) with another whole number, from 1, for each place',
        `site ${show(site)}`,
        'forward',
      );
    sites.add(site);
    return h;
  };
  let measured: string[] = [];
  traced(refuse, () =>
    compile(
      (it: { x: Tensor; weights: typeof weights }) => {
        sites.clear();
        const { logits, statistics } = trainingLogits(it.x, shares, it.weights, network, drop);
        measured = Object.keys(statistics);
        return checked(logits, 'in training');
      },
      { inputs: { x, weights: learning }, jit: false },
    ).dispose(),
  );
  const still = layout.running.find(({ name }) => !measured.includes(name));
  if (still)
    throw refuse(
      'A running statistic of the network is never measured.',
      `batchNorm(x, '${still.layer}') or a layer of it in the forward pass`,
      still.name,
      'forward',
    );
  const device = toDevice(state, layout);
  const held = tensor1d(state.held);
  const batch = { x, labels: tensor1d([0, 1, 0], 'int32'), shares, count: fill([], examples) };
  traced(refuse, () =>
    compile(
      (it: { device: typeof device; batch: typeof batch; held: Tensor }) =>
        learn(it.device, it.batch, { learningRate: fill([], 1e-3), held: it.held }, (h) => h, {
          network,
          recipe,
          layout,
        }),
      { inputs: { device, batch, held }, jit: false },
    ).dispose(),
  );
}

/** @throws UserError for what cannot be traced: a value that is read, numbers drawn without a key */
function traced(refuse: Refuse, trace: () => void): void {
  try {
    trace();
  } catch (error) {
    if (isUserError(error)) throw error;
    const { message } = error as Error;
    throw refuse(
      'The network cannot be compiled.',
      'a forward pass of tensors alone, that uses every tensor and reads no values',
      /gradient of y=f\(x\)/.test(message)
        ? 'a tensor that no logit depends on, such as a bias in front of BatchNorm'
        : message.replace(/\s*\n\s*/g, '; '),
      'forward',
    );
  }
}

/** Products of one example, by the operations that it computes. */
async function multiplyAddsOf(network: Network): Promise<number> {
  const weights = weightsOf(initialModel(network, 1));
  const { kernels } = await profile(() =>
    inferenceLogits(zeros([1, network.inputs]), weights, network),
  );
  const products = kernels.map(({ name, inputShapes: [x, y = []], outputShapes: [out = []] }) => {
    if (name.includes('MatMul')) return sizeOf({ shape: x ?? [] }) * out.at(-1)!;
    if (name.startsWith('Depthwise'))
      return sizeOf({ shape: out }) * sizeOf({ shape: y.slice(0, 2) });
    return name.startsWith('Conv')
      ? (sizeOf({ shape: out }) * sizeOf({ shape: y })) / out.at(-1)!
      : 0;
  });
  return Math.round(products.reduce((sum, each) => sum + each, 0));
}
