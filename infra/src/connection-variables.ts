/**
 * The variables by which a worker reaches the same services as this process. Settings of one run
 * (the mirror) or of provisioning are not the worker's.
 */
export function connectionVariables(variables: Record<string, string>): Record<string, string> {
  const names = Object.keys(variables).filter(
    (name) =>
      name.startsWith('TEMPORAL_') ||
      name.startsWith('AWS_') ||
      name.startsWith('ATELIER_S3_') ||
      name === 'ATELIER_DEVICE' ||
      name === 'ATELIER_LOG_LEVEL',
  );
  return Object.fromEntries(names.sort().map((name) => [name, variables[name] as string]));
}
