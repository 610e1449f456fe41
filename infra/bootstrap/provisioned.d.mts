export function stampPath(workspace: string): string;
export function provisioningKey(
  workspace: string,
  variables: Record<string, string | undefined>,
): string;
export function isProvisioned(
  workspace: string,
  variables: Record<string, string | undefined>,
): boolean;
