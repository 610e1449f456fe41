import { parseDocument } from '@atelier/artifacts';
import type { AtelierEnvironment } from '@atelier/environment';
import { readWebhook, runNotifyCommand, sendWebhook } from '@atelier/notify';
import type { Message } from '@atelier/notify/message';
import type { Disks } from '../disk-space.ts';
import { reportLink } from '../follow/report-link.ts';
import { runRecordSchema } from '../record/run-record-schema.ts';
import type { PruneMeans } from '../retention/prune-activities.ts';
import type { Tell } from '../run-record.ts';
import type { Store } from '../run-store.ts';
import { createAnnouncer, type Deliver } from './announcer.ts';
import { messageOfFailedPrune, messageOfLowDisk, messagesOfRun } from './message-of-run.ts';

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
 * Tells whom the environment names of a run that is finished, failed, parked or skipped, of what was
 * decided about its model, and of a disk that is low before one; nobody, if nobody.
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
  async function linksTo(run: string): Promise<Pick<Message, 'report' | 'reportUrl'>> {
    const { url } = await reportLink(store, run);
    const report = `s3://${store.bucket}/runs/${run}/report.html`;
    return { report, ...(url !== null && { reportUrl: url }) };
  }
  const announcer = createAnnouncer({ store, ways, log, now: Date.now });
  return {
    ...announcer,
    tellLow: (run, notice) => announcer.announce(messageOfLowDisk(run, notice)),
    tellPruneFailed: (failure) =>
      announcer.announce(messageOfFailedPrune(failure, new Date().toISOString())),
    async tell(content) {
      const record = parseDocument(content, runRecordSchema).value;
      const messages = record ? messagesOfRun(record, new Date().toISOString()) : [];
      for (const message of messages) {
        const links = record!.status === 'finished' ? await linksTo(record!.runId) : {};
        await announcer.announce({ ...message, ...links });
      }
    },
  };
}
