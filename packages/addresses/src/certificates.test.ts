import { expect, test } from 'vitest';
import { certificateProblem } from './certificates.ts';

/** By the codes of Node's documentation (tls, "X509 certificate error codes") and of OpenSSL. */
test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', /NODE_EXTRA_CA_CERTS/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', /NODE_EXTRA_CA_CERTS/],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /NODE_EXTRA_CA_CERTS/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /NODE_EXTRA_CA_CERTS/],
  ['CERT_HAS_EXPIRED', /clock/],
  ['CERT_NOT_YET_VALID', /clock/],
  ['CERT_REVOKED', /another address/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /name that the certificate is for/],
  ['HOSTNAME_MISMATCH', /name that the certificate is for/],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /that it accepts/],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /that it accepts/],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', /that it accepts/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', /http:\/\//],
  ['EPROTO', /http:\/\//],
])('%s says what to do', (code, remedy) => {
  expect(certificateProblem(Object.assign(new Error('refused'), { code }))?.remedy).toMatch(remedy);
});

test.each([
  ['ECONNREFUSED'],
  ['ENOTFOUND'],
  ['ETIMEDOUT'],
  // Broken off or garbled on the way: tried again.
  ['ERR_SSL_UNEXPECTED_EOF_WHILE_READING'],
  ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'],
  ['ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC'],
  ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'],
  [undefined],
  [3],
])('%s is no matter of certificates', (code) => {
  expect(certificateProblem(Object.assign(new Error('refused'), { code }))).toBeUndefined();
});
