/**
 * Writes what is generated from the declarations of documents, from the built tool: npm run build && node test/results/write-docs.mjs
 * (docs/schemas/KIND.schema.json for every kind of document, docs/metrics.md).
 */
import { writeFileSync } from 'node:fs';
import { DOCUMENT_KINDS, documentJsonSchema, schemaFileName } from '../../dist/reporters/documents/registry.js';
import { metricsPage } from '../../dist/reporters/metrics-page.js';

const SCHEMAS = new URL('../../docs/schemas/', import.meta.url);
for (const kind of DOCUMENT_KINDS) writeFileSync(new URL(schemaFileName(kind), SCHEMAS), documentJsonSchema(kind));
writeFileSync(new URL('../../docs/metrics.md', import.meta.url), metricsPage());
