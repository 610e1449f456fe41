#!/usr/bin/env node
// `node run.mjs <entry.ts> [arguments]`: runs a program as if Node understood its sources.
import { compiledProgram } from '../src/program.mjs';

process.argv.splice(1, 1);
await import(await compiledProgram(process.argv[1] ?? ''));
