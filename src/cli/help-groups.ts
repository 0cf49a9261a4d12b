/** Groups of flags in help: what they are about, and whether few people need them. */

/** What stands before the name of a group that only `--help-all` explains. */
export const RARE = 'RARE';

/** The part of `group` that only `--help-all` explains; without a group, of the command's own flags. */
export const rare = (group = ''): string => `${RARE} ${group}`.trim();
