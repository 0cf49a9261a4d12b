/** Writes docs/schemas/study.schema.json from the built tool: npm run build && node test/sweep/write-json-schema.mjs */
import { writeFileSync } from 'node:fs';
import { studyJsonSchema } from '../../dist/sweep/schema.js';

writeFileSync(new URL('../../docs/schemas/study.schema.json', import.meta.url), studyJsonSchema());
