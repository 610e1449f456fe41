import { z } from 'zod';

/** What somebody is told of. */
const notifiedEvents = [
  ...(['finished', 'failed', 'parked', 'skipped', 'disk low'] as const),
  // What a run's gate has decided about its model: it is in use, or it is not.
  ...(['promoted', 'held'] as const),
] as const;

export type NotifiedEvent = (typeof notifiedEvents)[number];

/** What a webhook carries as JSON, and a command reads from its standard input. */
export const messageSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Of this message. One that comes twice has the same. */
  id: z.string(),
  event: z.enum(notifiedEvents),
  /** When it happened, ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** Absent where it is of no run. */
  run: z.string().optional(),
  /** The dataset's name. */
  dataset: z.string().optional(),
  /** `schedule atelier-nightly` or `person ada`. */
  startedBy: z.string().optional(),
  /** One sentence for people. */
  summary: z.string(),
  /** Why, where it is no success; several lines where there are. */
  reason: z.string().optional(),
  /** What to do, as commands. */
  commands: z.array(z.string()),
  /** Shares between 0 and 1, losses and the like, by name. */
  results: z.record(z.string(), z.number()),
  /** Opens the report for seven days, without credentials. */
  reportUrl: z.url().optional(),
  /** Where the report lies for good, `s3://…`. */
  report: z.string().optional(),
});

export type Message = z.infer<typeof messageSchema>;
