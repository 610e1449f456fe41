import { readFileSync } from 'node:fs';
import { UserError } from '@atelier/errors';
import { z } from 'zod';

const credentialsSchema = z.object({ accessKey: z.string().min(1), secretKey: z.string().min(1) });

/** S3 credentials, as `.atelier/credentials.json` and ATELIER_S3_CREDENTIALS_FILE hold them. */
export type Credentials = z.infer<typeof credentialsSchema>;

/** @throws UserError when the file is absent or not of the expected form */
export function readCredentials(path: string): Credentials {
  try {
    return credentialsSchema.parse(JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')));
  } catch (error) {
    throw new UserError(
      {
        what: 'The S3 credentials could not be read',
        where: path,
        expected: 'a JSON file {"accessKey": …, "secretKey": …}',
        found: error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message,
      },
      { cause: error },
    );
  }
}
