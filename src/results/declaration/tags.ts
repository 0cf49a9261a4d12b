/** What documents are called, apart from their declarations, so that whoever only tells them apart does not load zod. */

/** Version tags: the value of a document's key `schema`. */
export const RESULT_SCHEMA = 'smmuscope.result/2';
export const STUDY_RESULT_SCHEMA = 'smmuscope.study-result/2';
export const DIFF_SCHEMA = 'smmuscope.diff/1';
export const SENSITIVITY_SCHEMA = 'smmuscope.sensitivity/2';
export const CALIBRATION_SCHEMA = 'smmuscope.calibration/1';
export const INSPECT_SCHEMA = 'smmuscope.inspect/1';
export const LINT_SCHEMA = 'smmuscope.lint/1';
export const MRC_SCHEMA = 'smmuscope.mrc/1';
export const STRATEGIES_SCHEMA = 'smmuscope.strategies/1';
export const STRATEGY_SCHEMA = 'smmuscope.strategy/1';
export const WORKLOADS_SCHEMA = 'smmuscope.workloads/1';
export const PROFILES_SCHEMA = 'smmuscope.profiles/1';
export const PROFILE_SCHEMA = 'smmuscope.profile/1';
