import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '@atelier/environment';
import { isRunning, recordProcess, signalProcess } from '@atelier/processes';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { silent } from '../src/command-log.ts';
import {
  ensureStack,
  stackLogs,
  stackStatus,
  startTestStack,
  type TestStack,
} from '../src/index.ts';
import { callAdmin, encryptForAdmin, putUser } from '../src/minio-admin.ts';
import { CLOSED_TO_BROWSERS } from '../src/ports.ts';
import { keepClosedRuns } from '../src/services.ts';
import {
  readPlan,
  readRecord,
  type ServiceStatus,
  sharedFolder,
  writePlan,
} from '../src/stack-file.ts';
import { stopStack } from '../src/stop-stack.ts';
import { identityPath, readIdentity, storePolicy, storeRoles } from '../src/store-identities.ts';
import { findTestBrowser, testBrowsers } from '../src/test-browser.ts';
import {
  attackersServer,
  attempt,
  attemptAsOwnPage,
  hostileBrowser,
  listenersOf,
  reboundPage,
} from './hostile-page.ts';

const fixture = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const fixtureWorker = { command: process.execPath, args: [fixture('./fixture-worker.mjs')] };

const searchAttributes = { SomeAccuracy: 'Double', SomeStage: 'Keyword' } as const;

async function until<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const value = await probe();
    if (value !== undefined) return value;
    await sleep(50);
  }
  throw new Error(`Waited in vain for ${what}.`);
}

describe('a stack of its own', () => {
  let stack: TestStack;

  beforeAll(async () => {
    // What the shell of whoever starts it may hold, for another program.
    vi.stubEnv('SHELL_TOKEN', 'canary');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary');
    stack = await startTestStack({ worker: fixtureWorker, searchAttributes });
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await stack.stop();
  });

  const service = async (name: string): Promise<ServiceStatus | undefined> =>
    (await readRecord(stack.environment.home))?.services.find((s) => s.name === name);

  const pidOf = async (name: string): Promise<number> => {
    const found = (await service(name))?.process?.pid;
    if (found === undefined) throw new Error(`${name} does not run.`);
    return found;
  };

  /** Kills it the hard way and resolves when another process answers in its place. */
  async function killAndAwaitSuccessor(name: string): Promise<void> {
    const victim = await pidOf(name);
    signalProcess(victim, 'SIGKILL');
    await until(`another ${name}`, async () => {
      const now = await service(name);
      return now?.status === 'healthy' && now.process?.pid !== victim ? now : undefined;
    });
  }

  const temporal = async (...args: string[]): Promise<string> => {
    const binary = (await service('temporal'))?.spec.command as string;
    return execFileSync(binary, [...args, '--address', stack.state.temporal.address], {
      encoding: 'utf8',
    });
  };

  const s3 = async (path: string): Promise<number> =>
    (await fetch(`${stack.state.s3.endpoint}${path}`)).status;

  test('every service answers', async () => {
    const status = await stackStatus(stack.environment);
    expect(status.condition).toBe('running');
    expect(status.services.map(({ name }) => name)).toEqual([
      ...['temporal', 'ui', 'minio', 'worker'],
    ]);
    expect(await temporal('operator', 'cluster', 'health')).toContain('SERVING');
    expect(await s3('/minio/health/live')).toBe(200);
    expect((await fetch(stack.state.temporal.uiUrl as string)).status).toBe(200);
    expect((await fetch(stack.state.s3.consoleUrl as string)).status).toBe(200);
  });

  test('the search attributes are registered', async () => {
    const list = await temporal('operator', 'search-attribute', 'list');
    expect(list).toMatch(/SomeAccuracy\s+Double/);
    expect(list).toMatch(/SomeStage\s+Keyword/);
  });

  test('closed runs are kept for a year, also by a namespace that kept them for a day', async () => {
    const kept = async () =>
      /(\d+)h0m0s/.exec(
        await temporal('operator', 'namespace', 'describe', '--namespace', 'default'),
      )![1];
    expect(Number(await kept())).toBe(365 * 24);
    await temporal(
      'operator',
      'namespace',
      'update',
      '--namespace',
      'default',
      '--retention',
      '24h',
    );
    const { ports, services } = (await readPlan(stack.environment.home))!;
    await keepClosedRuns(services.find(({ name }) => name === 'temporal')!.command, ports);
    expect(Number(await kept())).toBe(365 * 24);
  });

  test('the store refuses strangers, and its credentials are readable by this user only', async () => {
    expect(await s3('/')).toBe(403);
    const { home } = stack.environment;
    const files = ['credentials.json', 'stack.json', 'supervisor.json'].map((file) =>
      join(home, file),
    );
    for (const file of [
      ...files,
      ...storeRoles.map((role) => identityPath(home, 'atelier', role)),
    ]) {
      const { mode } = await stat(file);
      expect(mode & 0o777, file).toBe(0o600);
    }
    expect((await stat(join(home, 'credentials', 'atelier'))).mode & 0o777).toBe(0o700);
  });

  test('the bucket is there before anything is written to it', async () => {
    expect((await stat(join(stack.environment.home, 'minio', 'atelier'))).isDirectory()).toBe(true);
  });

  test('nothing that lies in its folder can be read by other users', async () => {
    const { home } = stack.environment;
    const names = await readdir(home, { recursive: true });
    expect(names).toContain('temporal/temporal.db');
    for (const name of ['.', ...names]) {
      const found = await stat(join(home, name)).catch(() => undefined);
      expect((found?.mode ?? 0) & 0o077, name).toBe(0);
    }
  });

  /** All that the processes of this stack listen on. */
  const listeners = async () => {
    const { services, supervisor } = (await readRecord(stack.environment.home))!;
    return listenersOf([...services.map(({ process }) => process!.pid), supervisor.pid]);
  };

  test('nothing listens beyond the loopback interface', async () => {
    const found = await listeners();
    const { ports } = (await readPlan(stack.environment.home))!;
    expect(found.map(({ port }) => port)).toEqual(expect.arrayContaining(Object.values(ports)));
    for (const { host, port } of found) expect(host, `port ${port}`).toMatch(/^127[.]|^\[::1\]$/);
  });

  const browser = findTestBrowser();
  const page =
    browser === undefined
      ? `a web page (skipped: none of ${testBrowsers.join(', ')} is on PATH)`
      : 'a web page';

  describe.skipIf(browser === undefined)(page, () => {
    let chromium: Awaited<ReturnType<typeof hostileBrowser>>;
    let attacker: Awaited<ReturnType<typeof attackersServer>>;
    const run = 'the-run-of-a-person';
    const canary = '/the-bucket/and-its-file';

    beforeAll(async () => {
      const { uiUrl } = stack.state.temporal;
      await temporal('workflow', 'start', '--task-queue', 'q', '--type', 't', '-w', run);
      chromium = await hostileBrowser(browser!);
      attacker = await attackersServer(
        `<a href="${uiUrl}/namespaces/default/workflows/${run}">the run</a>`,
      );
    });
    afterAll(async () => {
      await chromium?.close();
      attacker?.server.close().closeAllConnections();
    });

    const namespace = '/api/v1/namespaces/default';
    const start = JSON.stringify({ workflowType: { name: 't' }, taskQueue: { name: 'q' } });
    const end = JSON.stringify({
      namespace: 'default',
      ...{ jobId: 'evil', reason: 'evil', visibilityQuery: 'ExecutionStatus="Running"' },
      terminationOperation: { identity: 'evil' },
    });
    const reads = [
      ...['/', '/metrics', '/healthz', '/openapi.yaml', '/api/v1/namespaces', '/api/v1/settings'],
      ...[`${namespace}/workflows`, `${namespace}/workflows/${run}`, `/namespaces/default`],
      ...['/api/v1/session', '/api/v1/buckets', canary, '/minio/v2/metrics/cluster'],
    ].map((path) => ({ method: 'GET', path }) as const);
    const writes = [
      { path: `${namespace}/workflows/evil`, body: start },
      { path: `${namespace}/batch-operations/evil`, body: end },
      { path: `${namespace}/workflows/${run}/terminate`, body: '{}' },
      { path: '/temporal.api.workflowservice.v1.WorkflowService/ListNamespaces', body: '' },
      { path: '/namespaces/default/task-queues/q/nexus-services/s/o', body: '' },
      { path: '/api/v1/login', body: '{}' },
      { path: canary, body: 'evil' },
    ].map((one) => ({ ...one, method: 'POST' }) as const);

    /** Only the run of the person, still running. */
    async function expectNothingChanged(): Promise<void> {
      const list = JSON.parse(await temporal('workflow', 'list', '-o', 'json'));
      expect(list.map((one: { execution: object; status: string }) => one)).toMatchObject([
        { execution: { workflowId: run }, status: 'WORKFLOW_EXECUTION_STATUS_RUNNING' },
      ]);
    }

    test('of another origin reads nothing and changes nothing, on every port', async () => {
      const hostile = await chromium.newPage();
      await hostile.goto(attacker.origin);
      for (const { host, port } of await listeners()) {
        const seen = await attempt(hostile, `http://${host}:${port}`, [...reads, ...writes]);
        for (const one of seen)
          expect(one, `port ${port}`).toEqual({ ...one, failure: expect.any(String) });
      }
      await expectNothingChanged();
      await hostile.close();
    });

    test('whose name was made to mean this machine reads nothing and changes nothing', async () => {
      const { ports } = (await readPlan(stack.environment.home))!;
      for (const { port } of await listeners()) {
        const hostile = await reboundPage(chromium, port);
        const seen = [
          ...(await attempt(hostile, '', [...reads, ...writes])),
          ...(await attemptAsOwnPage(hostile, [...reads, ...writes])),
        ];
        for (const { status, answer, failure, ...asked } of seen) {
          const told = `port ${port}: ${JSON.stringify({ ...asked, status, answer })}`;
          if (failure !== undefined) continue;
          // What MinIO shows before a login is its own, and of nobody.
          if (port === ports.s3Console && status === 200)
            expect(answer, told).toContain('MinIO Console');
          else expect(status, told).toBeGreaterThanOrEqual(400);
        }
        await hostile.close();
      }
      await expectNothingChanged();
    });

    test('reaches none of the ports that browsers shun', async () => {
      const hostile = await chromium.newPage();
      await hostile.goto(attacker.origin);
      const failures: (string | undefined)[] = [];
      hostile.on('requestfailed', (failed) => failures.push(failed.failure()?.errorText));
      for (const port of CLOSED_TO_BROWSERS)
        await attempt(hostile, `http://127.0.0.1:${port}`, [{ method: 'GET', path: '/' }]);
      expect(failures).toHaveLength(2 * CLOSED_TO_BROWSERS.length);
      expect(new Set(failures)).toEqual(new Set(['net::ERR_UNSAFE_PORT']));
      await hostile.close();
    });

    test("that links to the Temporal UI opens it, and the UI's own pages may all", async () => {
      const opened = await chromium.newPage();
      await opened.goto(attacker.origin);
      await opened.click('a');
      await opened.getByText(run).first().waitFor();
      const signal = { method: 'POST', path: `${namespace}/workflows/${run}/signal/s`, body: '{}' };
      expect(await attemptAsOwnPage(opened, [signal as never])).toMatchObject([{ status: 200 }]);
      await opened.close();
    });
  });

  test('the worker is told where the services are', async () => {
    const told = JSON.parse(
      await readFile(join(stack.environment.home, 'fixture-worker.json'), 'utf8'),
    );
    expect(told.TEMPORAL_ADDRESS).toBe(stack.state.temporal.address);
    expect(told.ATELIER_S3_ENDPOINT).toBe(stack.state.s3.endpoint);
    expect(told.pid).toBe(stack.state.workerPid);
    const identity = identityPath(stack.environment.home, 'atelier', 'writer');
    expect(told.ATELIER_S3_CREDENTIALS_FILE).toBe(identity);
    expect(JSON.stringify(told)).not.toContain(stack.root.secretKey);
  });

  test('no identity that works in the store may administer it, or make itself more keys', async () => {
    const { home } = stack.environment;
    const { endpoint, region } = stack.state.s3;
    for (const role of storeRoles) {
      const identity = readIdentity(home, 'atelier', role)!;
      const admin = { endpoint, region, root: identity };
      const intruder = { accessKey: 'intruder', secretKey: 'a-secret-of-their-own' };
      await expect(putUser(admin, intruder, storePolicy('writer', 'atelier'))).rejects.toThrow(
        'AccessDenied',
      );
      const keys = encryptForAdmin(identity.secretKey, Buffer.from(JSON.stringify(intruder)));
      await expect(callAdmin(admin, 'add-service-account', {}, keys)).rejects.toThrow(
        'AccessDenied',
      );
    }
    // The same request is understood where it is allowed.
    const root = { endpoint, region, root: stack.root };
    const own = Buffer.from(
      JSON.stringify({ accessKey: 'allowed', secretKey: 'a-secret-of-root' }),
    );
    const request = encryptForAdmin(stack.root.secretKey, own);
    await callAdmin(root, 'add-service-account', {}, request);
  });

  test('a stack of before there were identities gets them; its worker goes on until it is replaced', async () => {
    const { home } = stack.environment;
    const plan = (await readPlan(home))!;
    const { supervisor } = (await readRecord(home))!;
    const older = plan.services.map((spec) => {
      const variables = { ...spec.variables };
      if (spec.name === 'worker')
        variables.ATELIER_S3_CREDENTIALS_FILE = join(home, 'credentials.json');
      return { ...spec, variables };
    });
    await rm(join(home, 'credentials'), { recursive: true });
    await writePlan(home, { ...plan, services: older });
    signalProcess(supervisor.pid, 'SIGHUP');
    const before = await until('the older worker', async () => {
      const { spec, process, status } = (await service('worker')) ?? {};
      const file = spec?.variables.ATELIER_S3_CREDENTIALS_FILE;
      return file?.endsWith('credentials.json') && status === 'healthy' ? process?.pid : undefined;
    });
    expect((await stackStatus(stack.environment)).state).toBeUndefined();
    const ask = { environment: stack.environment, log: silent, searchAttributes };
    const read = await ensureStack({ ...ask, worker: false, identity: 'reader' });
    expect(await pidOf('worker')).toBe(before);
    expect(read.s3.accessKey).toMatch(/^reader-/);
    const worked = await ensureStack({ ...ask, worker: fixtureWorker });
    expect(await pidOf('worker')).not.toBe(before);
    // What was made by the first is used by the second.
    expect(worked.s3).toMatchObject(readIdentity(home, 'atelier', 'writer')!);
    const [was, is] = [stack.state.s3, worked.s3];
    expect(is.accessKey).toBe(was.accessKey);
    expect(is.secretKey).not.toBe(was.secretKey);
    stack.state = worked;
  });

  test.skipIf(!existsSync('/proc/self/environ'))(
    'no process of it has a secret that the shell had for other programs',
    async () => {
      const { supervisor, services } = (await readRecord(stack.environment.home))!;
      const processes = [supervisor, ...services.map(({ process }) => process!)];
      expect(processes).toHaveLength(5);
      for (const { pid } of processes) {
        const environ = await readFile(`/proc/${pid}/environ`, 'utf8');
        expect(environ).toContain('PATH=');
        expect(environ).not.toContain('canary');
      }
    },
  );

  test('asking for it again changes nothing, however many ask', async () => {
    const before = await readRecord(stack.environment.home);
    const answers = await Promise.all(
      [1, 2, 3].map(() =>
        ensureStack({
          environment: stack.environment,
          log: silent,
          worker: fixtureWorker,
          searchAttributes,
        }),
      ),
    );
    for (const answer of answers) expect(answer).toEqual(stack.state);
    expect(await readRecord(stack.environment.home)).toEqual(before);
  });

  test('a plan that was written and never told of is followed by the next who asks', async () => {
    const { home } = stack.environment;
    const plan = (await readPlan(home))!;
    const { supervisor } = (await readRecord(home))!;
    const others = plan.services.filter(({ name }) => name !== 'worker');
    await writePlan(home, { ...plan, services: others });
    signalProcess(supervisor.pid, 'SIGHUP');
    await until('the end of the worker', async () =>
      (await service('worker')) === undefined ? true : undefined,
    );
    // As a command that was killed just then leaves it.
    await writePlan(home, plan);
    await ensureStack({
      environment: stack.environment,
      log: silent,
      worker: fixtureWorker,
      searchAttributes,
    });
    expect((await service('worker'))?.status).toBe('healthy');
  });

  test('what an older version left open to web pages is closed by the next who asks', async () => {
    const { home } = stack.environment;
    const plan = (await readPlan(home))!;
    const { temporalUi } = plan.ports;
    const old = { temporalHttp: temporalUi + 4, temporalMetrics: temporalUi + 5 };
    const option = (args: string[], name: string): string | undefined =>
      args[args.indexOf(name) + 1];
    const services = plan.services.flatMap((spec) => {
      if (spec.name !== 'temporal') return spec.name === 'ui' ? [] : [spec];
      const { temporal: port } = plan.ports;
      const args = ['server', 'start-dev', '--db-filename', option(spec.args, '--db-filename')!];
      args.push('--ip', '127.0.0.1', '--port', `${port}`, '--ui-port', `${temporalUi}`);
      args.push('--http-port', `${old.temporalHttp}`, '--metrics-port', `${old.temporalMetrics}`);
      return [{ ...spec, args }];
    });
    await writePlan(home, { ...plan, ports: { ...plan.ports, ...old }, services });
    signalProcess((await readRecord(home))!.supervisor.pid, 'SIGHUP');
    await until('the older Temporal', async () => {
      const found = await service('temporal');
      return found?.status === 'healthy' && option(found.spec.args, '--ui-port') === `${temporalUi}`
        ? true
        : undefined;
    });
    const again = await ensureStack({
      environment: stack.environment,
      log: silent,
      worker: fixtureWorker,
      searchAttributes,
    });
    const { temporal: there, s3: store, supervisorPid } = stack.state;
    expect(again).toMatchObject({ temporal: there, s3: store, supervisorPid });
    expect((await readPlan(home))!.services.map(({ name }) => name)).toEqual(
      plan.services.map(({ name }) => name),
    );
    const ports = (await listeners()).map(({ port }) => port);
    for (const port of Object.values(old)) expect(ports).not.toContain(port);
  });

  test('a killed Temporal comes back with what it knew', async () => {
    await temporal('operator', 'search-attribute', 'create', '--name', 'Kept', '--type', 'Int');
    await killAndAwaitSuccessor('temporal');
    expect(await temporal('operator', 'search-attribute', 'list')).toMatch(/Kept\s+Int/);
  });

  test('a killed MinIO comes back with what it held', async () => {
    const path = join(stack.environment.home, 'minio', '.minio.sys', 'format.json');
    const before = await readFile(path, 'utf8');
    await killAndAwaitSuccessor('minio');
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(await s3('/')).toBe(403);
  });

  test('a killed worker comes back', async () => {
    await killAndAwaitSuccessor('worker');
  });

  test('the services of a killed supervisor are taken over, not started twice', async () => {
    const { home } = stack.environment;
    const before = (await readRecord(home))!;
    signalProcess(before.supervisor.pid, 'SIGKILL');
    await until('its end', async () => (isRunning(before.supervisor) ? undefined : true));
    expect((await stackStatus(stack.environment)).condition).toBe('orphaned');

    await ensureStack({
      environment: stack.environment,
      log: silent,
      worker: fixtureWorker,
      searchAttributes,
    });
    const after = (await readRecord(home))!;
    expect(after.supervisor.pid).not.toBe(before.supervisor.pid);
    const pids = (record: typeof before) => record.services.map((s) => s.process?.pid).sort();
    expect(pids(after)).toEqual(pids(before));
    // An adopted process is watched as well as one's own.
    await killAndAwaitSuccessor('minio');
  });

  test('a worker with other settings replaces the old one', async () => {
    const before = await pidOf('worker');
    const other = { ...fixtureWorker, args: [...fixtureWorker.args, '--other'] };
    await ensureStack({
      environment: stack.environment,
      log: silent,
      worker: other,
      searchAttributes,
    });
    expect(await pidOf('worker')).not.toBe(before);
    expect(existsSync(join(stack.environment.home, 'fixture-worker-left'))).toBe(true);
  });

  test('a worker gets what the command that restarts it has, not what the supervisor had', async () => {
    const told = async (): Promise<Record<string, string>> =>
      JSON.parse(await readFile(join(stack.environment.home, 'fixture-worker.json'), 'utf8'));
    // vitest.config.ts sets it for this process, in which the supervisor was started.
    expect(await told()).toHaveProperty('TF_CPP_MIN_LOG_LEVEL');
    const said: string[] = [];
    const upWith = async (variables: Record<string, string>): Promise<number> => {
      const { forwarded } = readEnvironment(variables);
      const environment = { ...stack.environment, forwarded };
      const log = { ...silent, info: (text: string) => void said.push(text) };
      await ensureStack({ environment, log, worker: fixtureWorker, searchAttributes });
      return pidOf('worker');
    };
    const variables = { HOME: tmpdir(), TZ: 'Asia/Tokyo', NODE_EXTRA_CA_CERTS: '/ca.pem' };
    const first = await upWith(variables);
    expect(await told()).toMatchObject({ ...variables, PATH: expect.any(String) });
    expect(await told()).not.toHaveProperty('TF_CPP_MIN_LOG_LEVEL');
    // What a terminal has besides decides nothing.
    expect(await upWith({ ...variables, PATH: '/bin', SHLVL: '3' })).toBe(first);
    said.length = 0;
    const proxies = { http_proxy: 'http://p:1', HTTPS_PROXY: 'http://p:2', SSL_CERT_FILE: '/s' };
    expect(await upWith({ HOME: tmpdir(), ...proxies })).not.toBe(first);
    expect(said[0]).toBe(
      'Restarting the worker: its settings changed (HTTPS_PROXY, NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, TZ, http_proxy).',
    );
    expect(await told()).toMatchObject(proxies);
    for (const name of ['TZ', 'NODE_EXTRA_CA_CERTS']) expect(await told()).not.toHaveProperty(name);
    // The supervisor starts it again with the same.
    await killAndAwaitSuccessor('worker');
    expect(await told()).toMatchObject(proxies);
  });

  test('a service of a killed supervisor that the plan has changed is ended', async () => {
    const { home } = stack.environment;
    const { supervisor } = (await readRecord(home))!;
    const worker = recordProcess(await pidOf('worker'))!;
    signalProcess(supervisor.pid, 'SIGKILL');
    await until('its end', async () => (isRunning(supervisor) ? undefined : true));
    await ensureStack({
      environment: stack.environment,
      log: silent,
      worker: fixtureWorker,
      searchAttributes,
    });
    expect(isRunning(worker)).toBe(false);
    expect((await stackStatus(stack.environment)).condition).toBe('running');
  });

  test('the logs tell what happened', async () => {
    const lines: string[] = [];
    const supervisor = stackLogs({ environment: stack.environment, service: 'supervisor' });
    for await (const { text } of supervisor) lines.push(text);
    expect(lines.join('\n')).toMatch(/minio was killed by SIGKILL; starting it again/);
    const unknown = stackLogs({ environment: stack.environment, service: 'nobody' });
    await expect(unknown.next()).rejects.toThrow('There is no log of nobody');
  });

  test('stopped, it leaves nothing running, and keeps its ports and data for the next start', async () => {
    const { home } = stack.environment;
    const { services, supervisor } = (await readRecord(home))!;
    expect(await stopStack({ environment: stack.environment, log: silent })).toBe(true);
    for (const { process } of [...services, { process: supervisor }]) {
      expect(isRunning(process)).toBe(false);
    }
    expect((await stackStatus(stack.environment)).condition).toBe('stopped');
    expect(await stopStack({ environment: stack.environment, log: silent })).toBe(false);

    const again = await ensureStack({
      environment: stack.environment,
      log: silent,
      worker: fixtureWorker,
      searchAttributes,
    });
    expect(again.temporal).toEqual(stack.state.temporal);
    expect(again.s3).toEqual(stack.state.s3);
    expect(await temporal('operator', 'search-attribute', 'list')).toMatch(/Kept\s+Int/);
  });
});

test('a stack without a supervisor is ended from its record', async () => {
  const stack = await startTestStack({ worker: fixtureWorker, searchAttributes });
  const { services, supervisor } = (await readRecord(stack.environment.home))!;
  signalProcess(supervisor.pid, 'SIGKILL');
  await stack.stop();
  for (const { process } of services) expect(isRunning(process)).toBe(false);
  expect(existsSync(stack.environment.home)).toBe(false);
});

test('a stack ends with the killed test that it belongs to', async () => {
  const test = spawn(process.execPath, ['--import', 'tsx', fixture('./fixture-owner.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const home = await new Promise<string>((resolve) => {
    test.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
  const { services, supervisor } = (await readRecord(home))!;
  expect(services.map(({ name }) => name)).toEqual(['temporal', 'ui', 'minio']);
  test.kill('SIGKILL');
  await until('the end of the supervisor', async () => (isRunning(supervisor) ? undefined : true));
  for (const { process } of services) expect(isRunning(process)).toBe(false);
  expect(existsSync(home)).toBe(false);
});

test('a worker that cannot start is reported with its last words', async () => {
  const broken = { command: process.execPath, args: [fixture('./no-such-worker.mjs')] };
  // Another test file may start and stop stacks of its own meanwhile.
  const stacks = async () => {
    const shared = sharedFolder(readEnvironment());
    const folders = (await readdir(shared)).filter((name) => name.startsWith('atelier-test-'));
    const plans = folders.map((name) => readPlan(join(shared, name)).catch(() => undefined));
    const owners = (await Promise.all(plans)).map((plan) => plan?.ownedBy?.pid);
    return folders.filter((_, i) => owners[i] === process.pid).sort();
  };
  const before = await stacks();
  const attempt = startTestStack({ worker: broken });
  await expect(attempt).rejects.toThrow('worker does not start');
  await expect(attempt).rejects.toThrow(/Cannot find module .*no-such-worker/);
  expect(await stacks()).toEqual(before);
});

test('a full disk is named, and nothing is left trying', async (context) => {
  const home = await mkdtemp(join(tmpdir(), 'atelier-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', home], { stdio: 'ignore' });
  } catch {
    await rm(home, { recursive: true });
    return context.skip('this user may not mount a small disk');
  }
  try {
    const environment = { ...readEnvironment({}), home };
    const attempt = ensureStack({ environment, log: silent, worker: false, searchAttributes });
    await expect(attempt).rejects.toThrow(/too little room on the disk/);
    expect((await stackStatus(environment)).condition).toBe('stopped');
  } finally {
    execFileSync('umount', ['--lazy', home]);
    await rm(home, { recursive: true });
  }
});
