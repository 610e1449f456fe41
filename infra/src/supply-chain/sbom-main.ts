import { join } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { writeWhole } from '@atelier/files';
import { makeSbom } from './sbom.ts';

/** `npx nx run infra:sbom`: writes dist/sbom.cdx.json. */
const { workspace } = readEnvironment();
const path = join(workspace, 'dist', 'sbom.cdx.json');
await writeWhole(path, `${JSON.stringify(await makeSbom(workspace), null, 2)}\n`);
process.stdout.write(`${path}\n`);
