/** Hook of oclif: an unknown command is one sentence with the nearest known one, exit 2. */
import type { Hook } from '@oclif/core';
import { suggestion } from '../trace/errors.js';
import { EXIT_USAGE } from './failure.js';
import { tell } from './messages.js';

const commandNotFound: Hook.CommandNotFound = async ({ config, id }) => {
  const known = config.commands
    .filter((command) => command.hidden !== true)
    .map((command) => command.id.replaceAll(':', ' '));
  // What follows an unknown first word are its arguments; under a known topic the second word is the culprit.
  const [first, ...rest] = id.split(':');
  const isTopic = config.topics.some((topic) => topic.name === first);
  const name = isTopic ? [first, ...rest.slice(0, 1)].join(' ') : first;
  tell(`unknown command ${name}${suggestion(name, known, 'smmuscope --help')}`);
  process.exit(EXIT_USAGE);
};

export default commandNotFound;
