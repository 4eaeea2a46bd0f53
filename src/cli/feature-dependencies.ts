/** `odradek feature-dependencies`: what levels of features need, as `kafka-storage feature-dependencies`. */
import { parseArgs } from 'node:util'
import { featureDependencies } from '../node/index.ts'
import { UsageError } from './usage-error.ts'
import { runVerb } from './verb.ts'

export const usage = `Usage: odradek feature-dependencies --feature NAME=LEVEL [flags]

Tells which levels of other features a level of a feature needs.

  --feature, -f NAME=LEVEL  the feature; may be repeated
  --help, -h                print this text
`

const options = {
  feature: { type: 'string', short: 'f', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const

export function run(args: readonly string[]): Promise<number> {
  return runVerb({
    name: 'feature-dependencies',
    usage,
    parse: () => parseArgs({ args: [...args], options, strict: true }).values,
    run: ({ feature }) => {
      if (feature === undefined) throw new UsageError('argument --feature/-f is required')
      // One that is wrong does not keep those before it from being told.
      for (const text of feature) {
        for (const line of featureDependencies(text)) process.stdout.write(`${line}\n`)
      }
      return undefined
    },
  })
}
