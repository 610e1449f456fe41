/** Import directions: docs/architecture.md draws them, this file holds the code to them. */

/** What each package may import of the others; pipeline and benchmarks may import them all. */
const allowed = {
  text: [],
  errors: ['text'],
  random: ['graph'],
  addresses: ['errors'],
  processes: [],
  files: ['errors'],
  environment: ['errors', 'addresses', 'download', 'files'],
  settings: ['errors', 'addresses'],
  safetensors: ['errors'],
  programs: [],
  subprocess: ['errors', 'files', 'environment', 'programs'],
  tensorflow: ['errors'],
  graph: ['errors', 'processes', 'tensorflow'],
  download: ['text', 'errors', 'addresses', 'files', 'processes'],
  data: [
    ...['text', 'errors', 'addresses', 'random', 'files', 'safetensors', 'settings', 'download'],
    ...['subprocess', 'tensorflow', 'graph'],
  ],
  model: ['errors', 'random', 'safetensors', 'settings', 'graph'],
  train: [
    ...['text', 'errors', 'random', 'files', 'safetensors', 'settings', 'subprocess'],
    ...['tensorflow', 'graph', 'data', 'model'],
  ],
  evaluate: [
    ...['errors', 'files', 'random', 'safetensors', 'subprocess', 'tensorflow'],
    ...['data', 'model'],
  ],
  report: [
    ...['text', 'errors', 'random', 'safetensors', 'settings', 'tensorflow'],
    ...['data', 'model', 'train', 'evaluate', 'export'],
  ],
  export: ['errors', 'safetensors', 'subprocess', 'tensorflow', 'data', 'model', 'graph'],
  serve: ['text', 'errors', 'addresses', 'data', 'telemetry'],
  artifacts: ['errors', 'addresses', 'files'],
  notify: ['text', 'errors', 'addresses', 'environment'],
  telemetry: ['text', 'addresses'],
};

/** Beside the code they are *.test.ts, those that need services lie in test/. */
const TESTS = '([.]test[.]ts$|^(packages/[^/]+|infra)/test/)';

const mayImport = (rule, folder, from, others) => ({
  name: rule,
  comment: `${folder} may import only: ${others.join(', ') || 'no other package'}.`,
  severity: 'error',
  from,
  to: { path: '^packages/', pathNot: `^packages/(${[folder, ...others].join('|')})/` },
});

const STAGES = '^packages/(data|model|graph|train|evaluate|report|export)/';

module.exports = {
  forbidden: [
    ...Object.entries(allowed).flatMap(([name, others]) => [
      mayImport(`${name}-imports`, name, { path: `^packages/${name}/`, pathNot: TESTS }, others),
      // A test may load the native library, to hold the code against it, and ask which Python to use.
      mayImport(
        `${name}-tests-import`,
        name,
        { path: `^packages/${name}/(src/.*[.]test[.]ts$|test/)` },
        [...others, 'tensorflow', 'environment'],
      ),
    ]),
    {
      name: 'infra-imports',
      comment: 'infra knows how to start things, not what they do.',
      severity: 'error',
      from: { path: '^infra/' },
      to: {
        path: '^packages/',
        pathNot: '^packages/(text|errors|addresses|download|environment|files|processes|programs)/',
      },
    },
    {
      name: 'infra-is-for-the-application',
      comment: 'Only pipeline, and tests that need services, import infra.',
      severity: 'error',
      from: { path: '^packages/', pathNot: '^packages/(pipeline/|[^/]+/test/)' },
      to: { path: '^infra/' },
    },
    {
      name: 'workers-need-no-tooling',
      comment: 'What serves runs in production starts, provisions and supervises nothing.',
      severity: 'error',
      from: {
        path: '^packages/pipeline/src/(worker|workflow|stages|stage-activity|stage-cache|record|notify|runs-page|telemetry)/',
        pathNot: TESTS,
      },
      to: { path: '^infra/' },
    },
    {
      name: 'stages-read-no-environment',
      comment: 'What the environment says comes to a stage among its arguments.',
      severity: 'error',
      from: { path: STAGES, pathNot: TESTS },
      to: { path: '^packages/environment/' },
    },
    {
      name: 'bootstrap-needs-nothing',
      comment: 'It runs before anything is installed: Node itself and plain JavaScript.',
      severity: 'error',
      from: {
        path: '^(infra/bootstrap|infra/bin)/|^packages/[^/]+/src/.*[.]mjs$',
        // Once they are.
        pathNot: '^packages/programs/src/compile-program[.]mjs$',
      },
      to: { pathNot: '[.]mjs$|^infra/versions[.]json$', dependencyTypesNot: ['core'] },
    },
    {
      name: 'stages-know-no-services',
      comment: 'A stage takes values and gives values; Temporal and S3 are for the adapters.',
      severity: 'error',
      from: { path: STAGES },
      to: { path: 'node_modules/(@temporalio|minio)/' },
    },
    {
      name: 'only-artifacts-speaks-s3',
      severity: 'error',
      from: { pathNot: '^packages/artifacts/' },
      to: { path: 'node_modules/minio/' },
    },
    {
      name: 'only-telemetry-knows-who-listens',
      comment:
        'OpenTelemetry and Prometheus are loaded in one place, and only where they are asked for.',
      severity: 'error',
      from: { path: '^(packages|infra|benchmarks)/', pathNot: '^packages/telemetry/' },
      to: { path: 'node_modules/(@opentelemetry|prom-client)/' },
    },
    {
      name: 'listeners-are-loaded-when-asked-for',
      comment: 'A worker that nobody watches starts without these libraries.',
      severity: 'error',
      from: { path: '^packages/telemetry/src/', pathNot: TESTS },
      to: {
        path: 'node_modules/(@opentelemetry|prom-client)/',
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'only-pipeline-speaks-temporal',
      severity: 'error',
      from: { pathNot: '^packages/pipeline/' },
      to: { path: 'node_modules/@temporalio/' },
    },
    {
      name: 'native-code-in-one-place',
      comment: 'Importing the model or the recipe must not load the native library.',
      severity: 'error',
      from: { path: '^packages/', pathNot: '^packages/(tensorflow|graph)/' },
      to: {
        path: 'node_modules/@tensorflow/tfjs-node(-gpu)?/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'workflows-are-sealed',
      comment: 'Temporal replays workflow code: nothing of Node may be reachable from it.',
      severity: 'error',
      from: { path: '^packages/pipeline/src/workflows?[/.-]', pathNot: '[.]test[.]ts$' },
      to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'workflows-know-plans-only',
      comment: 'What a workflow knows of a stage is its plan; how it works is for the worker.',
      severity: 'error',
      from: { path: '^packages/pipeline/src/workflow/', pathNot: '[.]test[.]ts$' },
      to: {
        path: '^packages/pipeline/src/(stages|stage-activity|stage-cache|worker)/',
        pathNot: '^packages/pipeline/src/stages/(index|plan|[^/]+/plan)[.]ts$',
      },
    },
    {
      name: 'plans-know-plans-only',
      comment: 'A plan is part of the workflow: an activity may import it, never the other way.',
      severity: 'error',
      from: { path: '^packages/pipeline/src/stages/(index|plan|[^/]+/plan)[.]ts$' },
      to: {
        path: '^packages/pipeline/src/(stages|stage-activity|stage-cache|worker)/',
        pathNot: '^packages/pipeline/src/stages/(plan|[^/]+/plan)[.]ts$',
      },
    },
    {
      name: 'packages-by-name',
      comment: 'Another package is imported by its name and its public face, never by a path.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^(packages|infra)/',
        pathNot: '^packages/$1/',
        dependencyTypesNot: ['aliased-workspace'],
      },
    },
    {
      name: 'tests-are-leaves',
      severity: 'error',
      from: { pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared',
      comment: 'What is imported stands in a package.json.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)node_modules/\\.cache/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default', 'require'],
      extensions: ['.ts', '.mts', '.mjs', '.cjs', '.js', '.json'],
    },
  },
};
