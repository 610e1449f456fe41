/** A function cannot be traced, compiled or called as asked; the message says where and what to do. */
export class GraphError extends Error {
  override readonly name = 'GraphError';

  /**
   * @param what what is wrong, in one sentence that names the op, input or result
   * @param remedy what to do instead
   */
  constructor(what: string, remedy?: string, options?: ErrorOptions) {
    super(remedy === undefined ? what : `${what}\n  what to do: ${remedy}`, options);
  }
}

/** XLA cannot compile the function, which TensorFlow's graph executor may run all the same. */
export class UnknownToXla extends GraphError {
  constructor(what: string, options?: ErrorOptions) {
    super(what, "leave the operation out, or compile with jit: false or jit: 'auto'", options);
  }
}

/** @throws GraphError for an option of another value than those listed */
export function checkOption(name: string, value: unknown, known: readonly unknown[]): void {
  if (!known.includes(value)) refuseOption(name, value, known.map(shown).join(' or '));
}

/** @throws GraphError for an option that is no number, or one that does not fit */
export function checkNumber(
  name: string,
  value: unknown,
  fits: (value: number) => boolean,
  expected: string,
): void {
  if (typeof value !== 'number' || !fits(value)) refuseOption(name, value, expected);
}

/** @throws GraphError that says what an option is and what it may be */
export function refuseOption(name: string, value: unknown, expected: string): never {
  throw new GraphError(`${name} is ${shown(value)}; expected ${expected}.`);
}

const shown = (value: unknown): string =>
  typeof value === 'string'
    ? `'${value}'`
    : typeof value === 'object' && value !== null
      ? `a ${value.constructor?.name}`
      : typeof value === 'function'
        ? 'a function'
        : String(value);
