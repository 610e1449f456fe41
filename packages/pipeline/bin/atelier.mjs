#!/usr/bin/env node
import { compiledProgram } from '@atelier/programs';

const { main } = await import(await compiledProgram(new URL('../src/atelier.ts', import.meta.url)));
await main(process.argv.slice(2));
