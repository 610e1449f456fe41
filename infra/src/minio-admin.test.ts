import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WorldError } from '@atelier/errors';
import { expect, onTestFinished, test } from 'vitest';
import { putUser } from './minio-admin.ts';

const attach = 'set-user-or-group-policy';

/** Answers as MinIO does which has forgotten, this many times, what it was told. */
async function forgetful(times: number, code: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const operation = new URL(request.url!, 'http://minio').pathname.split('/').at(-1)!;
    asked.push(operation);
    const forgets = operation === attach && asked.filter((each) => each === attach).length <= times;
    response.writeHead(forgets ? 404 : 200).end(forgets ? JSON.stringify({ Code: code }) : '');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const root = { accessKey: 'root', secretKey: 'secret' };
  return { asked, admin: { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', root } };
}

const user = { accessKey: 'writer', secretKey: 'hush' };

test('a policy that MinIO forgot while it read its users is told again', async () => {
  const { asked, admin } = await forgetful(2, 'XMinioAdminNoSuchPolicy');
  await putUser(admin, user, {});
  const told = ['add-canned-policy', attach];
  expect(asked).toEqual(['add-user', ...told, ...told, ...told]);
});

test('another refusal is told at once', async () => {
  const { asked, admin } = await forgetful(1, 'XMinioAdminNoSuchUser');
  const refused = putUser(admin, user, {});
  await expect(refused).rejects.toThrow(WorldError);
  await expect(refused).rejects.toThrow('404 XMinioAdminNoSuchUser');
  expect(asked).toHaveLength(3);
});
