import { broadcast } from './broadcast.js';
import { implicit } from './implicit.js';
import type { TargetingDefinition } from './targeting.js';
import { vsid } from './vsid.js';
import { vsmmu } from './vsmmu.js';

/** All ATC targetings, by name. A new one is one file and one line here. */
export const TARGETINGS: readonly TargetingDefinition[] = [broadcast, vsid, implicit, vsmmu];
