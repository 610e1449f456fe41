/** One mirror did not give a file; others may. */
export class MirrorFailure extends Error {
  override readonly name = 'MirrorFailure';
  /** The mirror will not do better when asked again. */
  readonly permanent: boolean;
  /** Set where the mirror has other bytes than the descriptor names. */
  readonly wrong: { expected: string; found: string } | undefined;

  constructor(
    message: string,
    {
      permanent = false,
      wrong,
      cause,
    }: { permanent?: boolean; wrong?: { expected: string; found: string }; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.permanent = permanent || wrong !== undefined;
    this.wrong = wrong;
  }
}

/** A mirror's file has another size or digest than the descriptor names. */
export const wrongBytes = (expected: string, found: string): MirrorFailure =>
  new MirrorFailure(`expected ${expected}, found ${found}`, { wrong: { expected, found } });
