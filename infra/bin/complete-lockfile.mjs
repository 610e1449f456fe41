#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspace } from '../bootstrap/bootstrap.mjs';
import { completeLockfile } from '../bootstrap/complete-lockfile.mjs';

/**
 * After adding a dependency: `npm ci` wants the packages of every platform in the lockfile, and
 * npm leaves out those that its registry (a mirror for one platform, say) does not serve.
 */
const path = join(workspace, 'package-lock.json');
const lockfile = JSON.parse(readFileSync(path, 'utf8'));
const added = completeLockfile(lockfile.packages);
if (added.length > 0) writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
process.stdout.write(`${added.length} packages of other platforms were added.\n`);
