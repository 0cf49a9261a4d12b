/** Code that a file names, and not the command line: it runs when the command line or somebody at the terminal allows it. */
import { type NamedCode, requireNoCode } from '../sweep/study.js';

/** Where somebody may be asked. */
export interface AskedTerminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Ask whether `code` may run, if there is any.
 * @param isAllowed `--allow-code` has said so
 * @throws UsageError if nobody can be asked, or the answer is no
 */
export async function requireAllowed(
  code: readonly NamedCode[],
  isAllowed: boolean,
  terminal: AskedTerminal = { input: process.stdin, output: process.stderr },
): Promise<void> {
  if (isAllowed || code.length === 0) return;
  const canAsk = terminal.input.isTTY === true && terminal.output.isTTY === true;
  if (!canAsk || !(await ask(code, terminal))) requireNoCode(code);
}

async function ask(code: readonly NamedCode[], { input, output }: AskedTerminal): Promise<boolean> {
  const { createInterface } = await import('node:readline');
  for (const { where, file } of code) output.write(`${where}: ${JSON.stringify(file)}\n`);
  // No line editor: in its mode of the terminal Ctrl-C would be a character.
  const lines = createInterface({ input, output, terminal: false });
  try {
    return await new Promise((resolve) => {
      // The input may end without an answer.
      lines.once('close', () => resolve(false));
      const question = 'The study names this code. It runs with your rights. Run it? [y/N] ';
      lines.question(question, (answer) => resolve(/^\s*y(es)?\s*$/i.test(answer)));
    });
  } finally {
    lines.close();
  }
}
