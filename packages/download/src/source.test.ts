import { expect, test } from 'vitest';
import { lookupBeyond } from './source.ts';

/** What a redirect to that name meets, from a mirror that is there itself or not. */
const refusalOf = (host: string, own: 'loopback' | 'link-local' | undefined, all: boolean) =>
  new Promise<Error | null>((resolve) => {
    lookupBeyond(own)(host, { all }, (error) => resolve(error));
  });

test.each([true, false])('no name leads a redirect to this machine (all: %s)', async (all) => {
  for (const host of ['localhost', '127.0.0.1', '0.0.0.0', '::1', '169.254.169.254']) {
    const refusal = await refusalOf(host, undefined, all);
    expect(refusal).toMatchObject({ name: 'MirrorFailure', permanent: true });
    expect(refusal?.message).toContain(`it redirects to ${host}, which is`);
  }
  expect(await refusalOf('127.0.0.1', 'loopback', all)).toBeNull();
  expect(await refusalOf('127.0.0.1', 'link-local', all)).not.toBeNull();
  expect(await refusalOf('192.0.2.1', undefined, all)).toBeNull();
});
