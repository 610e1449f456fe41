import type { BlobRef } from '@atelier/artifacts';
import { z } from 'zod';
import type { Outcomes } from './contract.ts';

/** The name of a run's file: joined to a folder it can lead nowhere else. */
export const runFileName = z
  .string()
  .regex(/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/, 'expected a relative path of plain names');

/**
 * The files that make up a run for people, and the blobs they are. The first five also lie under
 * `runs/<runId>/`; `fetch` brings all of them.
 */
export function runFilesOf(outcomes: Partial<Outcomes>): Record<string, BlobRef> {
  const { data, train, select, evaluate, report } = outcomes;
  const files: Record<string, BlobRef | undefined> = {
    'report.html': report?.outputs.html,
    'report.json': report?.outputs.json,
    'model-card.md': report?.outputs.modelCard,
    'model/model.safetensors': select?.outputs.model,
    'model/selection.json': select?.outputs.selection,
    'model/history.json': train?.outputs.history,
    'evaluation/evaluation.json': evaluate?.outputs.evaluation,
    'evaluation/predictions.safetensors': evaluate?.outputs.predictions,
    'data/dataset.json': data?.outputs.manifest,
    'data/validation.safetensors': data?.outputs.validation,
    'data/test.safetensors': data?.outputs.test,
  };
  return Object.fromEntries(
    Object.entries(files).filter((entry): entry is [string, BlobRef] => entry[1] !== undefined),
  );
}
