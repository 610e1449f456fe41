const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/**
 * Adds the optional packages of other platforms that a lockfile names but does not hold. They have
 * no integrity, because only the registry knows it; npm then takes what a registry gives.
 * @param {Record<string, any>} packages the lockfile's, changed in place and kept sorted
 * @returns {string[]} the paths that were added
 */
export function completeLockfile(packages) {
  const added = Object.values(packages).flatMap((entry) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isThere(packages, name))
      .map(([name, version]) =>
        entryOf(`node_modules/${name}`, platformEntry(name, version, entry)),
      ),
  );
  const sorted = [...Object.entries(packages), ...added].sort(([a], [b]) =>
    a.localeCompare(b, 'en'),
  );
  for (const path of Object.keys(packages)) delete packages[path];
  Object.assign(packages, Object.fromEntries(sorted));
  return added.map(([path]) => path);
}

/**
 * @param {string} path
 * @param {object} entry
 * @returns {[string, object]}
 */
const entryOf = (path, entry) => [path, entry];

/**
 * @param {Record<string, any>} packages
 * @param {string} name
 */
const isThere = (packages, name) =>
  Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`));

/**
 * npm skips a package by these fields without asking the registry; its name tells them.
 * @param {string} name
 * @param {string} version
 * @param {{ dev?: boolean }} dependent
 */
function platformEntry(name, version, { dev }) {
  const words = name.split(/[-/]/);
  const system = SYSTEMS.find((word) => words.includes(word));
  const processor = PROCESSORS.find((word) => words.includes(word));
  if (system === undefined || processor === undefined) {
    throw new Error(`The platform of ${name} cannot be told from its name; add it by hand.`);
  }
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined;
  return {
    version,
    cpu: [processor],
    ...(dev && { dev }),
    ...(libc && { libc: [libc] }),
    optional: true,
    os: [system],
  };
}
