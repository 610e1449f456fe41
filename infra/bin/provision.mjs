#!/usr/bin/env node
import { bootstrap } from '../bootstrap/bootstrap.mjs';

/** Installs and provisions, and nothing else: for the impatient before a journey, and for images. */
await bootstrap();
process.stdout.write('Everything is in place.\n');
