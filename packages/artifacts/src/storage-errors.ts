import { certificateProblem, describeProxy, type HttpProxy } from '@atelier/addresses';
import { type Failure, isExplained, UserError, WorldError } from '@atelier/errors';

/** Which call failed: shown as `where`. */
export interface Place {
  endpoint: string;
  bucket: string;
  key?: string;
  proxy?: HttpProxy;
}

interface Diagnosis extends Failure {
  user: boolean;
}

const credentials = (found: string): Diagnosis => ({
  user: true,
  what: 'The object storage refused the credentials.',
  expected: 'an access key and secret key that may read and write the bucket',
  found,
  remedy: 'correct the access key and secret key, then retry',
});

/**
 * Tells the user's failures (credentials, bucket, region, certificate) from the world's
 * (network, timeouts, 5xx, full disk), and says what to do.
 * @param error what the client library threw
 */
export function storageError(error: unknown, place: Place): UserError | WorldError {
  if (isExplained(error)) return error;
  const { code = (error as Error).name, message = '' } = error as {
    code?: string;
    message?: string;
  };
  const { user, ...failure } = diagnose(code, message, place);
  const object = [place.endpoint, place.bucket, place.key].filter(Boolean).join('/');
  const where = place.proxy ? `${object}, through ${describeProxy(place.proxy)}` : object;
  const options = { cause: error };
  return user
    ? new UserError({ where, ...failure }, options)
    : new WorldError({ where, ...failure }, options);
}

/** Whether these credentials may not do what was asked; everything else about them is right. */
export const isForbidden = (error: unknown): boolean =>
  error instanceof UserError &&
  (error.cause as { code?: string } | undefined)?.code === 'AccessDenied';

function diagnose(code: string, message: string, { bucket, endpoint, proxy }: Place): Diagnosis {
  const said = withoutEntities(message);
  const found = said.includes(code) ? said.trim() : `${code}: ${said}`.trim();
  switch (code) {
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
    case 'ExpiredToken':
    case 'InvalidToken':
    case 'InvalidTokenId':
    // An unknown access key, as versitygw says it.
    case 'XAdminUserNotFound':
      return credentials(found);
    case 'AccessDenied':
    case 'AllAccessDisabled':
    case 'MethodNotAllowed':
      return {
        user: true,
        what: `The object storage does not allow this on bucket "${bucket}".`,
        expected: 'credentials that may list, read and write the bucket',
        found,
        remedy: 'grant these credentials access to the bucket, or name another bucket, then retry',
      };
    case 'NoSuchBucket':
    case 'InvalidBucketName':
    case 'InvalidBucketNameError':
      return {
        user: true,
        what: `There is no usable bucket "${bucket}".`,
        found,
        remedy: 'create the bucket or name another one, then retry',
      };
    case 'AuthorizationHeaderMalformed':
    case 'PermanentRedirect':
    case 'IllegalLocationConstraintException':
      return {
        user: true,
        what: `Bucket "${bucket}" lies in another region.`,
        found,
        remedy: "set the S3 region to the bucket's",
      };
    case 'RequestTimeTooSkewed':
      // The time service sets a clock right within moments of a machine's waking.
      return {
        user: false,
        what: "This machine's clock is wrong.",
        found,
        remedy: 'set the clock',
      };
    case 'XMinioStorageFull':
    case 'QuotaExceeded':
      return {
        user: false,
        what: 'The object storage is full.',
        found,
        remedy: 'free space on the disk under the object storage; the stage is retried',
      };
  }
  const certificate = certificateProblem({ code });
  if (certificate)
    return {
      user: true,
      what: `No trusted encrypted connection to ${endpoint}: ${certificate.what}.`,
      found,
      remedy: certificate.remedy,
    };
  return {
    user: false,
    what: 'The object storage did not answer as it should.',
    found,
    remedy: proxy
      ? `check that the service runs and that its address is right, and so is ${proxy.variable}; hosts in NO_PROXY are reached without a proxy`
      : 'check that the service runs and that its address is right',
  };
}

const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'",
  '#34': '"',
};

/** MinIO's client hands the text of an XML answer on as it stands there. */
const withoutEntities = (text: string): string =>
  text.replace(/&(\w+|#\d+);/g, (entity, name: string) => entities[name] ?? entity);
