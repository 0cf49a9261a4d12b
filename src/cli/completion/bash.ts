/**
 * Completion for bash: a function that completes commands, flags anywhere on the line, values that are known and file
 * names. The framework's own function knows flags only directly behind the command, and neither values nor files.
 */
import type { OfferedValues } from './values.js';

/** A flag as the manifest has it. */
interface CompletedFlag {
  readonly type: 'boolean' | 'option';
  readonly options?: readonly string[] | undefined;
}

/** A command as the manifest has it. */
export interface CompletedCommand {
  /** Words joined by `:`. */
  readonly id: string;
  /** By name, without dashes. */
  readonly flags: Readonly<Record<string, CompletedFlag>>;
  /** Values of the first argument, if they are known. */
  readonly argument?: OfferedValues | undefined;
}

/**
 * The script to source. Words of ids, flags and values go into it between single quotes.
 * @throws Error for a word that bash would read otherwise; a defect of the caller
 */
export function bashCompletion(
  bin: string,
  commands: readonly CompletedCommand[],
  flagValues: ReadonlyMap<string, OfferedValues>,
): string {
  const lists = [...flagValues].flatMap(([name, { isList }]) => (isList ? [name] : []));
  return `# Completion of ${bin} for bash: commands, flags, values and files.
_${bin}_flags() {
  case "$1" in
${cases(commands.map(({ id, flags }) => [id.replaceAll(':', ' '), Object.keys(flags).map((name) => `--${name}`)]))}
  esac
}

# What may follow a flag ("command --flag"); fails for a flag that stands alone.
_${bin}_values() {
  case "$1" in
${cases(commands.flatMap((command) => valueCases(command, flagValues)))}
    *) return 1 ;;
  esac
}

# Flags whose value is a list separated by commas.
_${bin}_is_list() {
  case "$1" in
${lists.map((name) => `    '--${word(name)}') return 0 ;;`).join('\n')}
    *) return 1 ;;
  esac
}

_${bin}_arguments() {
  case "$1" in
${cases(commands.flatMap(({ id, argument }) => (argument ? [[id.replaceAll(':', ' '), argument.values]] : [])))}
  esac
}

_${bin}_autocomplete() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" command='' candidate flag='' head='' offered IFS=$' \\t\\n'
  local commands=(${commands.map(({ id }) => `'${word(id.replaceAll(':', ' '))}'`).join(' ')})
  COMPREPLY=()
  # The command is the longest one that the words before the cursor begin with.
  local before="\${COMP_WORDS[*]:1:COMP_CWORD-1} "
  for candidate in "\${commands[@]}"; do
    [[ "$before" == "$candidate "* && \${#candidate} -gt \${#command} ]] && command="$candidate"
  done
  # bash makes "=" a word of its own.
  if [[ "$cur" == '=' ]]; then
    cur='' flag="\${COMP_WORDS[COMP_CWORD-1]}"
  elif [[ COMP_CWORD -gt 1 && "\${COMP_WORDS[COMP_CWORD-1]}" == '=' ]]; then
    flag="\${COMP_WORDS[COMP_CWORD-2]}"
  elif [[ "\${COMP_WORDS[COMP_CWORD-1]}" == --* ]]; then
    flag="\${COMP_WORDS[COMP_CWORD-1]}"
  fi
  if [[ -n "$flag" ]] && offered="$(_${bin}_values "$command $flag")"; then
    # Without known values, bash offers files.
    if _${bin}_is_list "$flag" && [[ "$cur" == *,* ]]; then
      head="\${cur%,*},"
      cur="\${cur##*,}"
    fi
    [[ -n "$offered" ]] && COMPREPLY=($(compgen -P "$head" -W "$offered" -- "$cur"))
  elif [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W "$(_${bin}_flags "$command")" -- "$cur"))
  else
    # The words that may continue the command, or its first argument.
    offered=''
    if [[ -z "$command" || "$before" == "$command " ]]; then
      for candidate in "\${commands[@]}"; do
        [[ "$candidate " == "\${before# }"?* ]] && candidate="\${candidate#"\${before# }"}" && offered+=" \${candidate%% *}"
      done
    fi
    [[ -n "$command" && "$before" == "$command " ]] && offered+=" $(_${bin}_arguments "$command")"
    [[ -n "$offered" ]] && COMPREPLY=($(compgen -W "$offered" -- "$cur" | sort -u))
  fi
}

complete -o bashdefault -o default -F _${bin}_autocomplete ${bin}
`;
}

/** Lines of a `case`: each name and the words it yields. */
function cases(entries: readonly (readonly [string, readonly string[]])[]): string {
  return entries.map(([name, words]) => `    '${word(name)}') echo '${words.map(word).join(' ')}' ;;`).join('\n');
}

function valueCases(
  { id, flags }: CompletedCommand,
  flagValues: ReadonlyMap<string, OfferedValues>,
): [string, readonly string[]][] {
  return Object.entries(flags).flatMap(([name, { type, options }]): [string, readonly string[]][] =>
    type === 'boolean'
      ? []
      : [
          [
            `${id.replaceAll(':', ' ')} --${name}`,
            options ?? (flagValues.get(`${id} --${name}`) ?? flagValues.get(name))?.values ?? [],
          ],
        ],
  );
}

function word(text: string): string {
  if (!/^[\w.+ -]+$/.test(text)) throw new Error(`expected a plain word for completion, found ${text}`);
  return text;
}
