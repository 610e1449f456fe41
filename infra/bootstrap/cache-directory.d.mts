export function cacheDirectory(
  variables: Record<string, string | undefined>,
  platform?: string,
): string;
export function cachedProgram(cache: string, name: string): string;
