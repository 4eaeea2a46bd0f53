/**
 * Golden transcripts for tests: a script of commands, each with the trace that it must leave below a line of dashes. A
 * transcript that is run again comes out as it went in, or something behaves otherwise.
 *
 *   # What is shown here.
 *   join a session=10s
 *   ----
 *   a <- join MEMBER_ID_REQUIRED id=a-1
 */

/** The words of a command: its verb, names, and options as `key=value`; what nobody has asked for is a mistake. */
export class Command {
  readonly verb: string
  readonly text: string
  readonly names: readonly string[]
  readonly #options = new Map<string, string>()

  constructor(text: string) {
    this.text = text
    // A value may be quoted: reason="has a blank".
    const words = [...text.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''))
    this.verb = words[0] ?? ''
    this.names = words.slice(1).filter((word) => !word.includes('='))
    for (const word of words.slice(1)) {
      const equals = word.indexOf('=')
      if (equals >= 0) this.#options.set(word.slice(0, equals), word.slice(equals + 1))
    }
  }

  get name(): string {
    const [name] = this.names
    if (name === undefined) throw new Error(`'${this.text}' names nobody`)
    return name
  }

  take(key: string): string | undefined {
    const value = this.#options.get(key)
    this.#options.delete(key)
    return value
  }

  /** All options that were not taken. */
  takeRest(): ReadonlyMap<string, string> {
    const rest = new Map(this.#options)
    this.#options.clear()
    return rest
  }

  /** As `10s`, `500ms` or `2m`. */
  takeMs(key: string): number | undefined {
    const value = this.take(key)
    return value === undefined ? undefined : durationMs(value)
  }

  expectDone(): void {
    const [left] = this.#options.keys()
    if (left !== undefined) throw new Error(`'${this.text}': nobody knows ${left}=`)
  }
}

export function durationMs(text: string): number {
  const [, digits, unit] = /^(\d+)(ms|s|m)$/.exec(text) ?? []
  if (digits === undefined || unit === undefined) throw new Error(`'${text}' is no time as 10s, 500ms or 2m`)
  return Number(digits) * { ms: 1, s: 1000, m: 60_000 }[unit === 'ms' || unit === 's' ? unit : 'm']
}

/** Runs the script and returns it with the trace that each command has left; `run` returns that of one. */
export async function rerun(script: string, run: (command: Command) => Promise<readonly string[]>): Promise<string> {
  const written: string[] = []
  let isTrace = false
  for (const line of script.trimEnd().split('\n')) {
    if (line === '----') continue
    if (line === '') isTrace = false
    if (isTrace) continue
    written.push(line)
    if (line === '' || line.startsWith('#')) continue
    const command = new Command(line)
    written.push('----', ...(await run(command)))
    command.expectDone()
    isTrace = true
  }
  return `${written.join('\n')}\n`
}
