import { AssumeRoleProvider } from 'minio/dist/esm/AssumeRoleProvider.mjs';

/** Temporary credentials of the same account that may list and read, but not write. */
export async function readOnlyCredentials(account: {
  endpoint: string;
  region: string;
  accessKey: string;
  secretKey: string;
}): Promise<{ accessKey: string; secretKey: string; sessionToken: string }> {
  const policy = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: ['arn:aws:s3:::*'] },
    ],
  };
  const provider = new AssumeRoleProvider({
    stsEndpoint: account.endpoint,
    accessKey: account.accessKey,
    secretKey: account.secretKey,
    region: account.region,
    policy: JSON.stringify(policy),
    action: 'AssumeRole',
    durationSeconds: 3600,
  });
  const credentials = await provider.getCredentials();
  return {
    accessKey: credentials.getAccessKey(),
    secretKey: credentials.getSecretKey(),
    sessionToken: credentials.getSessionToken() ?? '',
  };
}
