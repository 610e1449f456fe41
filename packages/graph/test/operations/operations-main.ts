/** The table of operations: `npx nx run graph:operations` writes docs/operations.md. */
import { writeFileSync } from 'node:fs';
import { operationsPage, page } from './operations-page.ts';

writeFileSync(page, operationsPage());
