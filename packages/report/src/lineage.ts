import { type Environment, environmentChanges } from '@atelier/tensorflow/environment';
import { describeInitialisation } from '@atelier/train/initialise';
import type { z } from 'zod';
import { describeAdoptedData } from './adopted-data.ts';
import { epochRange } from './numbers.ts';
import type { Report, spanSchema } from './report-schema.ts';

export type Span = z.infer<typeof spanSchema>;

/** Where one epoch comes from. */
export interface EpochOrigin {
  epoch: number;
  /** The run that trained it. */
  run: string;
  /** Fingerprint of the training that it was trained in. */
  training: string;
  environment: Environment;
}

const sameOrigin = (a: Omit<EpochOrigin, 'epoch'>, b: Omit<EpochOrigin, 'epoch'>): boolean =>
  a.run === b.run &&
  a.training === b.training &&
  environmentChanges(a.environment, b.environment).length === 0;

/** @param origins one for each epoch, in their order */
export function lineageOf(origins: readonly EpochOrigin[]): Span[] {
  const spans: Span[] = [];
  for (const { epoch, ...origin } of origins) {
    const before = spans.at(-1);
    if (before !== undefined && sameOrigin(before, origin)) before.last = epoch;
    else spans.push({ first: epoch, last: epoch, ...origin });
  }
  return spans;
}

/** A training's name as people see it. */
export const shortName = (fingerprint: string): string => fingerprint.slice(0, 12);

/**
 * What the lineage says, a sentence each; none where one run trained it all in one environment, from
 * weights of its own.
 */
export function describeLineage(report: Report): string[] {
  const { initialised } = report.training;
  const beginning = initialised
    ? [
        `It began with the weights of another model, SHA-256 ${initialised.sha256.slice(0, 12)}.`,
        ...describeInitialisation(initialised),
      ]
    : [];
  return [...beginning, ...describeSpans(report)];
}

function describeSpans(report: Report): string[] {
  const { fingerprint, lineage } = report.training;
  if (lineage.length === 1) return [];
  const origins = lineage.map((span) =>
    span.training === fingerprint
      ? `${epochRange(span)} by run ${span.run}.`
      : `${epochRange(span)} from run ${span.run}, training ${shortName(span.training)}.`,
  );
  const changes = lineage.slice(1).flatMap((span, i) => {
    const before = lineage[i]!.environment;
    const changed = environmentChanges(before, span.environment);
    return changed.length === 0
      ? []
      : [
          `${place(before)} trained up to epoch ${span.first - 1}, ${place(span.environment)} from epoch ${span.first} (${changed.join(', ')}). Results are bit-exact on either side of the change.`,
        ];
  });
  return [...origins, ...describeAdoptedData(report), ...changes];
}

const place = ({ deviceName, tensorflow }: Span['environment']): string =>
  `${deviceName} with TensorFlow ${tensorflow}`;
