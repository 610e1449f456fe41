import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AtelierEnvironment, hasNvidiaDriver } from '@atelier/environment';
import { programArguments } from '@atelier/programs';
import { z } from 'zod';
import { ADDON_PATH } from '../provision/addon.ts';
import { runCommand } from '../provision/run-command.ts';
import { tfjsNodeFolder } from '../provision/tensorflow-addon.ts';
import { tensorFlowVariant } from '../provision/tensorflow-variant.ts';
import { type Check, failed, guarded, ok, warning } from './check.ts';

const PROVISION = 'npx nx run infra:provision';

const answerSchema = z.object({
  tensorflow: z.string(),
  device: z.enum(['cpu', 'gpu']),
  deviceName: z.string(),
  cpuFeatures: z.array(z.string()),
  cores: z.number(),
});

/** Whether the library loads, and the device that it then computes on. */
export function checkTensorFlow(environment: AtelierEnvironment): Promise<Check> {
  return guarded('TensorFlow', async () => {
    const variant = tensorFlowVariant(environment);
    const built = join(tfjsNodeFolder(), ADDON_PATH);
    if (!existsSync(variant.folder) || !existsSync(built)) {
      return warning('TensorFlow', `the ${variant.device} library is not there yet`, PROVISION);
    }
    const answer = await askChild(environment);
    if (answer instanceof Error) return failed('TensorFlow', answer.message, PROVISION);
    const features = answer.cpuFeatures.join(' ') || 'unknown';
    const device =
      answer.device === 'gpu'
        ? `GPU ${answer.deviceName}`
        : `CPU ${answer.deviceName}, ${answer.cores} cores, ${features}`;
    const found = `${answer.tensorflow} on ${device}`;
    if (variant.device === 'gpu' && answer.device === 'cpu') {
      return failed(
        'TensorFlow',
        `${found}, although a GPU was asked for`,
        'Check the driver with `nvidia-smi`; ATELIER_DEVICE=cpu does without.',
      );
    }
    return ok('TensorFlow', found);
  });
}

/** In a process of its own: loading the library costs 300 MB, and a broken one may crash. */
async function askChild({ workspace }: AtelierEnvironment) {
  const entry = join(workspace, 'packages', 'tensorflow', 'src', 'environment-main.ts');
  const args = programArguments(pathToFileURL(entry));
  try {
    const output = await runCommand(process.execPath, args, { cwd: workspace });
    const line = output.split('\n').find((text) => text.startsWith('{'));
    return answerSchema.parse(JSON.parse(line ?? ''));
  } catch (error) {
    return error as Error;
  }
}

/** The driver, and what the libraries for it need; says so too when there is no GPU to use. */
export function checkGpu(environment: AtelierEnvironment): Promise<Check> {
  return guarded('GPU', async () => {
    const driver = hasNvidiaDriver();
    if (!driver && environment.device !== 'gpu') {
      return ok('GPU', 'no NVIDIA driver: training runs on the CPU');
    }
    if (!driver) {
      return failed('GPU', 'no NVIDIA driver', 'Install it, or set ATELIER_DEVICE=cpu.');
    }
    if (environment.device === 'cpu') return ok('GPU', 'there, and not used: ATELIER_DEVICE=cpu');
    const nvidia = join(tfjsNodeFolder(), 'deps', 'nvidia');
    const ptxas = join(nvidia, 'cuda_nvcc', 'bin', 'ptxas');
    if (!existsSync(ptxas)) return warning('GPU', 'CUDA libraries are not there yet', PROVISION);
    return ok('GPU', `NVIDIA driver and CUDA libraries (${nvidia})`);
  });
}
