/** `schemas config` and `mode`: what is set for a subject, a context, or all. */
import { printable } from '../table.ts'
import { UsageError } from '../usage-error.ts'
import type { Asked } from './actions.ts'

const scopeText = (subject: string | undefined): string => (subject === undefined ? 'all subjects' : printable(subject))

/** Where it is from, as far as it is known. */
function sourceText(subject: string | undefined, isOwn: boolean): string {
  if (isOwn) return scopeText(subject)
  return subject?.startsWith(':.') === true ? 'its context, or all' : scopeText(undefined)
}

const word = (text: string): string => text.toUpperCase().replaceAll('-', '_')

/** Throws UsageError. */
function wanted({ given }: Asked): { readonly set: string | undefined; readonly unset: boolean } {
  const [set, unset] = [given.text('set'), given.has('unset')]
  if (set !== undefined && unset) throw new UsageError('--set and --unset go not together')
  return { set, unset }
}

function tellUnset({ names: [subject], show }: Asked, wasSet: boolean): void {
  const done = wasSet ? 'nothing is set any more' : 'nothing was set'
  show({ text: `${scopeText(subject)}: ${done}\n`, data: { subject, wasSet } })
}

export async function config(asked: Asked): Promise<undefined> {
  const { registry, names, show } = asked
  const [subject] = names
  const { set, unset } = wanted(asked)
  if (unset) {
    tellUnset(asked, await registry.deleteConfig(subject))
    return
  }
  if (set !== undefined) {
    const compatibilityLevel = word(set)
    await registry.changeConfig(subject, { compatibilityLevel })
    show({
      text: `${scopeText(subject)}: ${printable(compatibilityLevel)}\n`,
      data: { subject, compatibilityLevel },
    })
    return
  }
  const own = subject === undefined ? undefined : await registry.config(subject)
  const inForce = await registry.configInForce(subject)
  const rows = Object.entries(inForce).map(([name, value]) => [
    ...[printable(name), printable(typeof value === 'string' ? value : JSON.stringify(value))],
    sourceText(subject, own !== undefined && name in own),
  ])
  show({ rows: [['CONFIG', 'VALUE', 'SET FOR'], ...rows], data: { subject, own, inForce } })
}

export async function mode(asked: Asked): Promise<undefined> {
  const { registry, names, given, show } = asked
  const [subject] = names
  const { set, unset } = wanted(asked)
  if (given.has('force') && set === undefined) throw new UsageError('--force needs --set')
  if (unset) {
    tellUnset(asked, await registry.deleteMode(subject))
    return
  }
  if (set !== undefined) {
    const mode = word(set)
    await registry.changeMode(subject, mode, { force: given.has('force') })
    show({ text: `${scopeText(subject)}: ${printable(mode)}\n`, data: { subject, mode } })
    return
  }
  const own = subject === undefined ? undefined : await registry.mode(subject)
  const inForce = own ?? (await registry.modeInForce(subject))
  show({
    rows: [
      ['MODE', 'SET FOR'],
      [printable(inForce), sourceText(subject, own !== undefined)],
    ],
    data: { subject, own, inForce },
  })
}
