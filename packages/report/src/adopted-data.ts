import type { z } from 'zod';
import { counted, epochRange, grouped } from './numbers.ts';
import type { adoptedDataSchema, Report } from './report-schema.ts';

export type AdoptedData = z.infer<typeof adoptedDataSchema>;

const were = ({ first, last }: AdoptedData): string => (first === last ? 'was' : 'were');

/** On what other data the model was trained in part, a sentence each; none where there was none. */
export const describeAdoptedData = ({ training }: Report): string[] =>
  (training.adoptedData ?? []).map(
    (data) =>
      `${epochRange(data)} ${were(data)} trained and validated on other data (${data.title}, split seed ${data.splitSeed}) and took no part in choosing the epoch.`,
  );

/** How many test images adopted epochs knew, and how; undefined where they knew none. */
export function knownTestImages({ training }: Report): string | undefined {
  const parts = (training.adoptedData ?? []).flatMap((data) => {
    const which = epochRange(data).toLowerCase();
    const learned =
      data.testInTraining > 0 && `${grouped(data.testInTraining)} that ${which} learned from`;
    const validated =
      data.testInValidation > 0 &&
      `${grouped(data.testInValidation)} that ${which} ${were(data)} validated on`;
    return [learned, validated].filter((part) => part !== false);
  });
  return parts.length > 0 ? parts.join(' and ') : undefined;
}

/** The test images, and what part they had in the model, for within a sentence. */
export function testImages(report: Report): string {
  const total = counted(report.result.testExamples, 'test image');
  const known = knownTestImages(report);
  if (known === undefined && report.training.initialised)
    return `${total} that played no part in this training or in choosing the epoch; what the model that it began with had learned from was not looked at`;
  return known === undefined
    ? `${total} that played no part in training or in choosing the epoch`
    : `${total}, of which adopted epochs knew ${known}`;
}
