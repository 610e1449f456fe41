export function cacheDirectory(
  variables: Record<string, string | undefined>,
  platform?: string,
): string;
