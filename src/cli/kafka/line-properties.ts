/** `--reader-property` and `--formatter-property` of Kafka's console tools. */
import { UsageError } from '../usage-error.ts'

/** Of `NAME=VALUE` each; a name alone is an empty value. Throws UsageError for one that would have no effect. */
export function propertiesOf(pairs: readonly string[], known: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    pairs.map((pair) => {
      const [, name = pair, value = ''] = /^([^=]+)=(.*)$/s.exec(pair) ?? []
      if (!known.includes(name))
        throw new UsageError(`the property '${name}' is not known; there are ${known.join(', ')}`)
      return [name, value]
    }),
  )
}
