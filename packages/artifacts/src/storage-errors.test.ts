import { UserError, WorldError } from '@atelier/errors';
import { expect, test } from 'vitest';
import { storageError } from './storage-errors.ts';

const place = { endpoint: 'http://127.0.0.1:9000', bucket: 'atelier', key: 'runs/a/run.json' };

test('a clock that is wrong is waited for, in the words of the service', () => {
  const message = 'The difference between the request time and the server&#39;s time is too large.';
  const error = storageError({ code: 'RequestTimeTooSkewed', message }, place);
  expect(error).toBeInstanceOf(WorldError);
  expect(error.message).toContain("the server's time is too large");
  expect(error.message).toContain('set the clock');
});

test('credentials that are refused are a person’s to mend', () => {
  const error = storageError({ code: 'SignatureDoesNotMatch', message: '&lt;no&gt; &odd;' }, place);
  expect(error).toBeInstanceOf(UserError);
  expect(error.failure.found).toBe('SignatureDoesNotMatch: <no> &odd;');
});
