/** Why no trusted encrypted connection came about, and what to do. */
export interface CertificateProblem {
  what: string;
  remedy: string;
}

const problems: [codes: RegExp, problem: CertificateProblem][] = [
  [
    /^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER|GET_CRL)|CERT_(UNTRUSTED|REJECTED|CHAIN_TOO_LONG|SIGNATURE_FAILURE)|INVALID_(CA|PURPOSE))/,
    {
      what: 'its certificate is of an issuer that is unknown here',
      remedy:
        "if the issuer is to be trusted, name the file of its certificate in NODE_EXTRA_CA_CERTS; a network's own proxy may be the issuer",
    },
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)/,
    {
      what: 'its certificate is not valid at this time',
      remedy:
        "check this machine's clock (`date`); where it is right, the certificate must be renewed",
    },
  ],
  [
    /^(ERR_TLS_CERT_ALTNAME|HOSTNAME_MISMATCH)/,
    {
      what: 'its certificate is for another host',
      remedy: 'use the name that the certificate is for',
    },
  ],
  [
    /^ERR_SSL_.*ALERT_(CERTIFICATE|BAD_CERTIFICATE|NO_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE)/,
    {
      what: 'it does not accept the certificate of this client, or wants one',
      remedy: 'name a certificate and its key that it accepts',
    },
  ],
  [/^CERT_REVOKED/, { what: 'its certificate is revoked', remedy: 'use another address' }],
  [
    /^(ERR_SSL|ERR_TLS|CERT_|EPROTO)/,
    {
      what: 'it speaks no TLS that can be used here',
      remedy: 'use http:// if the service has no TLS',
    },
  ],
];

/** A connection that broke or was garbled on the way: another one may do. */
const accidents = /^ERR_SSL_.*(UNEXPECTED_EOF|BAD_RECORD_MAC|BAD_DECRYPT|INTERNAL_ERROR)/;

/**
 * What a failed connection says of the certificate or of TLS at the other end; undefined where it
 * failed for another reason. Trying again helps against none of them.
 * @param error what Node's TLS client threw
 */
export function certificateProblem(error: unknown): CertificateProblem | undefined {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || accidents.test(code)) return undefined;
  return problems.find(([codes]) => codes.test(code))?.[1];
}
