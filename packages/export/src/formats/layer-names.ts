import type { Step } from '@atelier/model';
import { takenNames } from './taken-names.ts';

/**
 * The steps with a name of its own for the layer of each: one that a network uses twice is two in an
 * export, since what is folded into its weights may differ, and files hold every name once.
 * @param form of a name, where a format does not take all
 */
export function distinctLayers(
  steps: readonly Step[],
  form = (layer: string): string => layer,
): Step[] {
  const taken = new Set<string>();
  return steps.map((step) => {
    if (!('layer' in step)) return step;
    const name = form(step.layer);
    let layer = name;
    for (let n = 2; taken.has(layer); n++) layer = `${name}_${n}`;
    taken.add(layer);
    return { ...step, layer };
  });
}

/** What a layer is called where only names of programs are allowed, and where modules of PyTorch have their own. */
export function programName(layer: string): string {
  const name = layer.replaceAll(/\W/g, '_');
  return /^[\d_]/.test(name) || takenNames.has(name) ? `layer_${name}` : name;
}
