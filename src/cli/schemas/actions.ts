/** The actions of `odradek schemas`, which ask a registry. */
import { type ActionVerbWith, type ActionWith, type AskedWith, runActionsWith } from '../actions.ts'
import type { Given } from '../given.ts'
import type { ProcessContext } from '../process-context.ts'
import { type RegistryCalls, registryCalls } from '../registry-client/registry-calls.ts'
import { registryFlags, registryPlace } from '../registry-client/registry-flags.ts'
import { RegistryCallError } from '../registry-client/registry-http.ts'
import { UsageError } from '../usage-error.ts'

interface Means {
  readonly registry: RegistryCalls
  readonly context: ProcessContext
}

export type Asked = AskedWith<Means>
export type Action = ActionWith<Means>

function check(names: readonly string[]): void {
  if (names.includes('')) throw new UsageError('a name is empty')
}

export function runActions(
  verb: ActionVerbWith<Means>,
  args: readonly string[],
  context: ProcessContext,
): Promise<number> {
  const within = async <T>(given: Given, work: (means: Means) => Promise<T>): Promise<T> => {
    const place = registryPlace({
      registry: given.texts('registry'),
      'registry-user': given.text('registry-user'),
      'ca-file': given.text('ca-file'),
    })
    using registry = await registryCalls(place)
    return await work({ registry, context })
  }
  return runActionsWith({ flags: registryFlags, check, within, mendable: [RegistryCallError] }, verb, args)
}
