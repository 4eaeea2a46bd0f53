/** What ends a verb: the schema registry does not answer or refuses, or a schema is none. */
import { withFlag } from '../registry-client/registry-flags.ts'

export class SchemaFailure extends Error {
  override readonly name = 'SchemaFailure'
}

export const ofRegistry = (error: Error): SchemaFailure =>
  new SchemaFailure(`schema registry: ${withFlag(error.message)}`, { cause: error })
