import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { serveParent } from '@atelier/subprocess';
import { closedLoop, type Load } from './closed-loop.ts';

export interface Asking {
  url: string;
  contentType: string;
  body: Uint8Array;
  askers: number;
  seconds: number;
}

/** A client in a process of its own, with a connection for each asker. */
serveParent<Asking, never, Load>(async ({ url, contentType, body, askers, seconds }) => {
  const agent = new Agent({ keepAlive: true, maxSockets: askers });
  const headers = { 'content-type': contentType, 'content-length': body.length };
  const load = await closedLoop(askers, seconds, async () => {
    const [answer] = await once(
      request(url, { method: 'POST', agent, headers }).end(body),
      'response',
    );
    answer.resume();
    await once(answer, 'end');
    if (answer.statusCode !== 200) throw new Error(`It answered ${answer.statusCode}.`);
  });
  agent.destroy();
  return load;
});
