import { UserError } from '@atelier/errors';
import { readText } from '@atelier/files';
import { z } from 'zod';

const credentialsSchema = z.object({ accessKey: z.string().min(1), secretKey: z.string().min(1) });

/** S3 credentials, as `.atelier/credentials.json` and ATELIER_S3_CREDENTIALS_FILE hold them. */
export type Credentials = z.infer<typeof credentialsSchema>;

const kind = {
  name: 'file of S3 credentials',
  expected: 'a JSON file {"accessKey": …, "secretKey": …}',
  remedy: 'correct the path or the file',
};

/** @throws UserError when the file is absent or not of the expected form; nothing of it is shown */
export function readCredentials(path: string): Credentials {
  const parsed = credentialsSchema.safeParse(jsonOf(readText(path, kind)));
  if (parsed.success) return parsed.data;
  const { name, expected, remedy } = kind;
  throw new UserError({
    what: `The ${name} cannot be used.`,
    where: path,
    ...{ expected, found: 'something else', remedy },
  });
}

/** Undefined where it is none: the message of the parser would show a part of the file. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
