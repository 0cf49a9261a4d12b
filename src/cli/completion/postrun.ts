/** Hook: once the framework's `autocomplete` has written its cache, ours takes the place of its function for bash. */
import { join } from 'node:path';
import type { Hook } from '@oclif/core';

const hook: Hook.Postrun = async ({ Command, config }) => {
  if (Command.id !== 'autocomplete' && Command.id !== 'autocomplete:create') return;
  const { AtomicFile } = await import('../../files/atomic-file.js');
  const { bashCompletion } = await import('./bash.js');
  const { valuesOfArguments, valuesOfFlags } = await import('./values.js');
  const argumentsOf = valuesOfArguments();
  const commands = config.commands
    .filter(({ hidden }) => !hidden)
    .map(({ id, flags, args }) => {
      const [first] = Object.values(args);
      return { id, flags, argument: first?.options ? { values: first.options } : argumentsOf.get(id) };
    });
  const file = AtomicFile.open(join(config.cacheDir, 'autocomplete/functions/bash', `${config.bin}.bash`));
  try {
    file.write(Buffer.from(bashCompletion(config.bin, commands, valuesOfFlags())));
    file.commit();
  } finally {
    file.discard();
  }
};

export default hook;
