/** The rules, the most important first: the order in which sentences stand. */
import type { Rule } from './rule.js';
import { estimates } from './rules/estimates.js';
import { sameCaches } from './rules/same-caches.js';
import { sameTimes } from './rules/same-times.js';
import { saving } from './rules/saving.js';
import { stakes } from './rules/stakes.js';
import { tail } from './rules/tail.js';
import { warmUp } from './rules/warm-up.js';

export const RULES: readonly Rule[] = [saving, stakes, warmUp, tail, estimates, sameTimes, sameCaches];
