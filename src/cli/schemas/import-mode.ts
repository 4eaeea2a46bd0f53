/** The mode IMPORT, for as long as something is imported: in it a registry takes ids and versions as they are given. */
import type { RegistryCalls } from '../registry-client/registry-calls.ts'
import { RegistryCallError } from '../registry-client/registry-http.ts'

interface Entered {
  readonly scope: string | undefined
  /** Undefined: none was set for it. */
  readonly before: string | undefined
}

const modeOfImports = 'IMPORT'

export interface ImportModeOptions {
  /** Contexts; undefined: the default one. */
  readonly scopes: readonly (string | undefined)[]
  /** Also where there are schemas already. */
  readonly force: boolean
}

/** What `work` gives. The modes are set back behind it, also where it fails. Rejects as `work` does, or with RegistryCallError. */
export async function inImportMode<T>(
  registry: RegistryCalls,
  { scopes, force }: ImportModeOptions,
  work: () => Promise<T>,
): Promise<T> {
  const entered: Entered[] = []
  let result: T
  try {
    for (const scope of scopes) await enter(registry, { scope, force, entered })
    result = await work()
  } catch (error) {
    const failed = await setBack(registry, entered)
    if (failed === undefined) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new RegistryCallError(`${message}; ${failed}`, undefined, { cause: error })
  }
  const failed = await setBack(registry, entered)
  if (failed !== undefined) throw new RegistryCallError(failed, undefined)
  return result
}

async function enter(
  registry: RegistryCalls,
  { scope, force, entered }: { scope: string | undefined; force: boolean; entered: Entered[] },
): Promise<void> {
  if ((await registry.modeInForce(scope)) === modeOfImports) return
  const before = await registry.mode(scope)
  try {
    await registry.changeMode(scope, modeOfImports, { force })
    entered.push({ scope, before })
  } catch (error) {
    // An answer that got lost may have been good.
    if (!(error instanceof RegistryCallError && error.errorCode !== undefined)) entered.push({ scope, before })
    throw error
  }
}

/** All, also where one fails: what is told of that is returned. */
async function setBack(registry: RegistryCalls, entered: readonly Entered[]): Promise<string | undefined> {
  const failed: string[] = []
  for (const { scope, before } of entered) {
    try {
      if (before === undefined) await registry.deleteMode(scope)
      else await registry.changeMode(scope, before)
    } catch (error) {
      const [name, way] = [
        scope === undefined ? '' : ` '${scope}'`,
        before === undefined ? '--unset' : `--set ${before}`,
      ]
      const reason = error instanceof Error ? error.message : String(error)
      failed.push(`the mode may be IMPORT still, which \`odradek schemas mode${name} ${way}\` ends: ${reason}`)
    }
  }
  return failed.length === 0 ? undefined : failed.join('; ')
}
