import { parseDocument } from '@atelier/artifacts';
import type { AtelierEnvironment } from '@atelier/environment';
import { readWebhook, runNotifyCommand, sendWebhook } from '@atelier/notify';
import type { Disks } from '../disk-space.ts';
import { reportLink } from '../follow/report-link.ts';
import { runRecordSchema } from '../record/run-record-schema.ts';
import type { PruneMeans } from '../retention/prune-activities.ts';
import type { Tell } from '../run-record.ts';
import type { Store } from '../run-store.ts';
import { createAnnouncer, type Deliver } from './announcer.ts';
import { messageOfFailedPrune, messageOfLowDisk, messageOfRun } from './message-of-run.ts';

interface Telling {
  tell: Tell;
  tellLow: Disks['tellLow'];
  tellPruneFailed: PruneMeans['tell'];
  start(): void;
  stop(): Promise<void>;
}

const nobody = async (): Promise<void> => {};

type Log = Parameters<typeof createAnnouncer>[0]['log'];

/**
 * Tells whom the environment names of a run that is finished, failed, parked or skipped, and of a
 * disk that is low before one; nobody, if nobody.
 */
export function openTelling(environment: AtelierEnvironment, store: Store, log: Log): Telling {
  const { notify, proxies } = environment;
  const ways: Record<string, Deliver> = {};
  if (notify.url !== undefined) {
    const webhook = readWebhook(notify.url, notify.secret);
    ways.webhook = (message, signal) =>
      sendWebhook(webhook, message, { now: Math.floor(Date.now() / 1000), proxies, signal });
  }
  if (notify.command !== undefined) {
    const { command } = notify;
    ways.command = (message) => runNotifyCommand(command, message);
  }
  if (Object.keys(ways).length === 0)
    return {
      tell: nobody,
      tellLow: nobody,
      tellPruneFailed: nobody,
      start: () => {},
      stop: nobody,
    };
  const announcer = createAnnouncer({ store, ways, log, now: Date.now });
  return {
    ...announcer,
    tellLow: (run, notice) => announcer.announce(messageOfLowDisk(run, notice)),
    tellPruneFailed: (failure) =>
      announcer.announce(messageOfFailedPrune(failure, new Date().toISOString())),
    async tell(content) {
      const record = parseDocument(content, runRecordSchema).value;
      const message = record && messageOfRun(record, new Date().toISOString());
      if (message === undefined) return;
      if (message.event !== 'finished') return announcer.announce(message);
      const { url } = await reportLink(store, record!.runId);
      const report = `s3://${store.bucket}/runs/${record!.runId}/report.html`;
      await announcer.announce({ ...message, report, ...(url !== null && { reportUrl: url }) });
    },
  };
}
