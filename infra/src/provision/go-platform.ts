/** Node's names of platform and architecture as Go (and the releases of Go programs) has them. */
export function goPlatform(
  platform: string = process.platform,
  architecture: string = process.arch,
): { os: string; arch: string } {
  return { os: platform, arch: architecture === 'x64' ? 'amd64' : architecture };
}
