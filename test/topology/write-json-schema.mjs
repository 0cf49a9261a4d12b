/** Writes docs/schemas/topology.schema.json from the built tool: npm run build && node test/topology/write-json-schema.mjs */
import { writeFileSync } from 'node:fs';
import { topologyJsonSchema } from '../../dist/topology/schema.js';

writeFileSync(new URL('../../docs/schemas/topology.schema.json', import.meta.url), topologyJsonSchema());
