import { userInfo } from 'node:os';

/** The person's name on this machine, where it has one for them. */
export function personName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
