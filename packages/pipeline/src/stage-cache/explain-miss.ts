import { canonicalJson, type Json } from '@atelier/artifacts';
import { firstFew } from '@atelier/text';

interface Work {
  version: number;
  inputs: Record<string, unknown>;
}

/**
 * Says why a stage has to run: which inputs differ from the most similar work done before.
 * @param earlier recent records, newest first
 */
export function explainMiss(stage: string, work: Work, earlier: readonly Work[]): string {
  const [nearest] = earlier
    .map((other) => differences(flatten(work), flatten(other)))
    .sort((a, b) => a.length - b.length);
  if (nearest === undefined) return `no ${stage} has been done yet`;
  return `differs from the nearest ${stage} done before in ${firstFew(nearest, 4)}`;
}

function differences(ours: Map<string, string>, theirs: Map<string, string>): string[] {
  const keys = [...new Set([...ours.keys(), ...theirs.keys()])];
  return keys
    .filter((key) => ours.get(key) !== theirs.get(key))
    .map((key) => {
      const [before, now] = [theirs.get(key) ?? 'nothing', ours.get(key) ?? 'nothing'];
      return before.length + now.length > 40 ? key : `${key} (${before} → ${now})`;
    });
}

/** Leaves by dotted path; lists are leaves. */
function flatten({ version, inputs }: Work): Map<string, string> {
  const leaves = new Map([['version', String(version)]]);
  const visit = (value: unknown, path: string): void => {
    if (value === undefined) return;
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      leaves.set(path, canonicalJson(value as Json));
    else
      for (const [key, item] of Object.entries(value)) visit(item, path ? `${path}.${key}` : key);
  };
  visit(inputs, '');
  return leaves;
}
