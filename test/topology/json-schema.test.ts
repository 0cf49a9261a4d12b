/** Topology, JSON Schema: is the published one that of the reader? Is the example valid? */
import { expect, it } from 'vitest';
import { parseTopology } from '../../src/topology/load.js';
import { topologyJsonSchema } from '../../src/topology/schema.js';
import { repoText } from './run.js';

it('docs/schemas/topology.schema.json is what test/topology/write-json-schema.mjs writes', () => {
  expect(repoText('docs/schemas/topology.schema.json')).toBe(topologyJsonSchema());
});

it('describes every key', () => {
  const { properties } = JSON.parse(topologyJsonSchema());
  for (const list of ['devices', 'bindings']) {
    for (const [key, property] of Object.entries<{ description?: string }>(properties[list].items.properties)) {
      expect(property.description, key).toMatch(/\w+ \w+/);
    }
  }
});

it('docs/examples/topology.yaml is valid', () => {
  expect(parseTopology(repoText('docs/examples/topology.yaml'), 'topology.yaml').devices).toHaveLength(4);
});
