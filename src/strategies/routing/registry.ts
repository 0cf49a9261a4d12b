import { broadcastInstances } from './broadcast.js';
import { perInstance } from './per-instance.js';
import type { RoutingDefinition } from './routing.js';

/** All instance routings, the default first. A new one is one file and one line here. */
export const ROUTINGS: readonly RoutingDefinition[] = [perInstance, broadcastInstances];
