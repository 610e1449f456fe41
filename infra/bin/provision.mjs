#!/usr/bin/env node
import { bootstrap } from '../bootstrap/bootstrap.mjs';

/** Installs and provisions, and nothing else: for the impatient before a journey, and for images. */
// biome-ignore lint/style/noProcessEnv: nothing is installed yet; it is only handed on
await bootstrap(process.env);
process.stdout.write('Everything is in place.\n');
