import { certificateProblem, describeProxy, type HttpProxy } from '@atelier/addresses';

interface Circumstances {
  permanent?: boolean;
  absent?: boolean;
  wrong?: { expected: string; found: string };
  remedy?: string;
  cause?: unknown;
}

/** One mirror did not give a file; others may. */
export class MirrorFailure extends Error {
  override readonly name = 'MirrorFailure';
  /** The mirror will not do better when it is asked again. */
  readonly permanent: boolean;
  /** The mirror says that it has no such file. */
  readonly absent: boolean;
  /** Set where the mirror has other bytes than were asked for. */
  readonly wrong: { expected: string; found: string } | undefined;
  /** Set where something is to be done that is not evident from the message. */
  readonly remedy: string | undefined;

  constructor(
    message: string,
    { permanent = false, absent = false, wrong, remedy, cause }: Circumstances = {},
  ) {
    super(message, { cause });
    this.absent = absent;
    this.permanent = permanent || wrong !== undefined;
    this.wrong = wrong;
    this.remedy = remedy;
  }
}

/** A mirror's file has another size or digest than was asked for. */
export const wrongBytes = (expected: string, found: string): MirrorFailure =>
  new MirrorFailure(`expected ${expected}, found ${found}`, { wrong: { expected, found } });

/** What a connection that failed, or a server's refusal, means; a proxy on the way is named. */
export function connectionFailure(
  error: unknown,
  { proxy, progress = '' }: { proxy?: HttpProxy | undefined; progress?: string } = {},
): MirrorFailure {
  const certificate = certificateProblem(error);
  const permanent =
    certificate !== undefined || (error instanceof MirrorFailure && error.permanent);
  const remedy =
    certificate?.remedy ??
    (proxy && `check that proxy (${proxy.variable}, NO_PROXY), or name another mirror`);
  const what = certificate ? `${certificate.what}: ${messageOf(error)}` : messageOf(error);
  const way = proxy ? `, through ${describeProxy(proxy)}` : '';
  return new MirrorFailure(`${what}${progress}${way}`, {
    permanent,
    ...(remedy !== undefined && { remedy }),
    cause: error,
  });
}

/**
 * Node calls an answer that breaks off "aborted", and a failed connection to several addresses of
 * one host has no message of its own.
 */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  const { message, code } = error as NodeJS.ErrnoException;
  return (message === 'aborted' ? 'the connection broke' : message) || code || String(error);
}
