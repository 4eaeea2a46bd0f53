/** Where a schema registry is, as serdes are told of it; for verbs that may do without one. */
import type { SchemaClientOptions } from '../../registry/index.ts'
import {
  type RegistryFlagValues,
  type RegistryPlace,
  registryFlags,
  trustAuthorities,
} from '../registry-client/registry-flags.ts'
import { UsageError } from '../usage-error.ts'

/** One login is for all instances: the first that there is. Rejects with DiskError, UsageError. */
export async function clientOptions(place: RegistryPlace): Promise<SchemaClientOptions> {
  await trustAuthorities(place)
  const basicAuth = place.endpoints.find(({ login }) => login !== undefined)?.login
  return { url: place.endpoints.map(({ url }) => url), ...(basicAuth !== undefined && { basicAuth }) }
}

/** Of a verb without schemas, where they would have no effect. Throws UsageError. */
export function refuseRegistryFlags(values: RegistryFlagValues): void {
  const vain = Object.keys(registryFlags).find((flag) => Object.hasOwn(values, flag))
  if (vain !== undefined) throw new UsageError(`--${vain} is of --schema, or --key-schema`)
}
