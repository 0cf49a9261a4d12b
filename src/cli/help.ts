/**
 * How help is laid out: what the command answers and two examples first, then the flags that most people need. Flags of a group
 * that `rare` names are listed by name alone; `--help-all` explains them, with every example and the description.
 *
 * oclif loads it by package.json (`oclif.helpClass`), so nothing else of the tool may be imported here.
 */
import { type Command, CommandHelp, Help, type Interfaces } from '@oclif/core';
import { RARE } from './help-groups.js';

/** Shows everything. */
const ALL = '--help-all';
/** Examples that a short help has. */
const FIRST_EXAMPLES = 2;

type Flag = Command.Flag.Any;
type Section = ReturnType<CommandHelp['sections']>[number];

const groupOf = ({ helpGroup = '' }: Flag): string => helpGroup.replace(RARE, '').trim();
const isRare = ({ helpGroup = '' }: Flag): boolean => helpGroup.startsWith(RARE);

class TwoLevelHelp extends CommandHelp {
  private readonly isWhole = process.argv.includes(ALL);

  protected override sections(): Section[] {
    const own = new Map(super.sections().map((section) => [section.header, section]));
    const { command } = this;
    const examples = command.examples ?? [];
    const shown = this.isWhole ? examples : examples.slice(0, FIRST_EXAMPLES);
    const of = (header: string) => own.get(header) as Section;
    return [
      { header: 'EXAMPLES', generate: () => this.examples(shown) },
      of('USAGE'),
      of('ARGUMENTS'),
      of('FLAGS'),
      { header: 'MORE', generate: () => this.more(examples.length - shown.length) },
      ...(this.isWhole ? [of('DESCRIPTION')] : []),
    ];
  }

  protected override groupFlags(flags: Flag[]): ReturnType<CommandHelp['groupFlags']> {
    const shown = this.isWhole ? flags : flags.filter((flag) => !isRare(flag));
    return super.groupFlags(shown.map((flag) => ({ ...flag, helpGroup: groupOf(flag) }) as Flag));
  }

  /** Flags are named below: here only what must be there. */
  protected override defaultUsage(): string {
    const { args, flags, id } = this.command;
    const required = Object.entries(flags).filter(([, flag]) => flag.required);
    return [
      id,
      ...Object.values(args).map((arg) => this.arg(arg) + (arg.multiple === true ? '...' : '')),
      ...required.map(([name, flag]) => `--${name} ${'helpValue' in flag ? flag.helpValue : ''}`.trim()),
      '[FLAGS]',
    ].join(' ');
  }

  /** The flags that are left out, by name. */
  private more(examples: number): string | undefined {
    if (this.isWhole) return undefined;
    const rare = Object.entries(this.command.flags).filter(([, flag]) => isRare(flag));
    const names = rare.map(
      ([name, flag]) => `--${flag.type === 'boolean' && flag.allowNo === true ? '[no-]' : ''}${name}`,
    );
    const others = examples > 0 ? ` and ${examples} more example${examples === 1 ? '' : 's'}` : '';
    const lead = names.length === 0 ? '' : `${names.sort().join(', ')}\n`;
    return this.wrap(
      `${lead}${this.config.bin} ${this.command.id.replaceAll(':', ' ')} ${ALL} explains them${others}, and how it is meant`,
    );
  }
}

/** The help of all commands. */
export default class TwoLevels extends Help {
  protected override CommandHelpClass = TwoLevelHelp;

  constructor(config: Interfaces.Config, options?: Partial<Interfaces.HelpOptions>) {
    super(config, { ...options, hideCommandSummaryInDescription: true });
  }
}
