/** `--set KEY=VALUE`, for all verbs that take it: configs over what a file says. */
import { UsageError } from './usage-error.ts'

/** Throws UsageError. */
export function parseSettings(pairs: readonly string[]): Map<string, string> {
  return new Map(
    pairs.map((pair) => {
      const equals = pair.indexOf('=')
      if (equals <= 0) throw new UsageError(`--set takes KEY=VALUE, not '${pair}'`)
      return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]
    }),
  )
}
