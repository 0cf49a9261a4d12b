/** All lint rules, in the order of reports. A new rule is one file and one line here. */
import type { LintRule } from './rule.js';
import { atcWithoutSync } from './rules/atc-without-sync.js';
import { completionWithoutSync, syncWithoutCompletion } from './rules/completions.js';
import { oversizedRange, reservedEncoding } from './rules/encodings.js';
import { hitAfterInvalidation } from './rules/hit-after-invalidation.js';
import { emptyDoorbell, invalidationWithoutSync, unpublishedCommand } from './rules/submissions.js';
import { timeGap } from './rules/time-gap.js';
import { timeOrder } from './rules/time-order.js';
import { ttlWithoutLeaf } from './rules/ttl-without-leaf.js';
import { unmappedTranslation } from './rules/unmapped-translation.js';

export const LINT_RULES: readonly LintRule[] = [
  timeOrder,
  completionWithoutSync,
  hitAfterInvalidation,
  syncWithoutCompletion,
  invalidationWithoutSync,
  atcWithoutSync,
  unpublishedCommand,
  reservedEncoding,
  oversizedRange,
  ttlWithoutLeaf,
  unmappedTranslation,
  emptyDoorbell,
  timeGap,
];
