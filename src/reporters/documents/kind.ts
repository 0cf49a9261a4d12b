/**
 * A kind of document that the tool writes and `report` reads again. A new one is a declaration here and a line in registry.ts.
 *
 * A declaration is typed by the interface of its document: what a reporter may rely on is what a file is held against.
 */
import { z } from 'zod';
import { distribution } from '../../results/declaration/metric.js';

/** Name, version and build of the tool that wrote a document; earlier versions did not know their build. */
export const TOOL = z.looseObject({ name: z.string(), version: z.string(), build: z.exactOptional(z.string()) });

/** Counts by a name. */
export const COUNTS = z.record(z.string(), z.int());

/** The trace that an inspection or a check is about. */
export const TRACE = z.looseObject({
  file: z.string(),
  sha256: z.string(),
  compression: z.string(),
  limited: z.boolean(),
});

/** Latencies that a recording shows. */
export const RECORDED = distribution('on the recorder’s clock');
