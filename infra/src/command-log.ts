/** Where a command tells the person what it is doing; a line at a time, without a newline. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
}

export const silent: Log = { info: () => {}, warn: () => {} };
