import type { Message } from './message.ts';

export const parked: Message = {
  schemaVersion: 1,
  id: '0123456789abcdef',
  event: 'parked',
  at: '2026-01-31T03:10:00.000Z',
  run: 'nightly-2026-01-31T03:00:00Z',
  dataset: 'fashion-mnist',
  startedBy: 'schedule atelier-nightly',
  summary: 'Run nightly-2026-01-31T03:00:00Z waits for a person at stage data.',
  reason: 'No mirror has train-images.\n<!channel> & `rm -rf /`',
  commands: ['npx atelier retry nightly-2026-01-31T03:00:00Z'],
  results: {},
};
