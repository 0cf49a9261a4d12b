/**
 * Writes what is generated from the declaration of metrics, from the built tool: npm run build && node test/results/write-docs.mjs
 * (docs/schemas/result.schema.json, docs/metrics.md).
 */
import { writeFileSync } from 'node:fs';
import { metricsPage } from '../../dist/reporters/metrics-page.js';
import { resultJsonSchema } from '../../dist/results/declaration/dictionary.js';

writeFileSync(new URL('../../docs/schemas/result.schema.json', import.meta.url), resultJsonSchema());
writeFileSync(new URL('../../docs/metrics.md', import.meta.url), metricsPage());
