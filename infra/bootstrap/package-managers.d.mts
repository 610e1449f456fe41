export function installCommand(
  what: 'python' | 'pip' | 'compiler' | 'make' | 'go',
  isThere?: (command: string) => boolean,
  isRoot?: boolean,
): string | undefined;
export function isCommand(command: string): boolean;
