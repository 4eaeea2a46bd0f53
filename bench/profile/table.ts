/** A profile as a table for people: sums by kind, then the functions with the most weight of their own. */
import { type FunctionShare, frameKinds, functionShares, type Profile, weightByKind, weightOf } from './stacks.ts'
import { kindNames, percent, weightText } from './texts.ts'

export const rowsMax = 25
const nameWidthMax = 60

export interface TableOptions {
  readonly profile: Profile
  /** How many requests were answered meanwhile, where the scenario counts them. */
  readonly requests: number | undefined
}

export function profileTable({ profile, requests }: TableOptions): string {
  const whole = weightOf(profile)
  if (whole <= 0) return 'Nothing was sampled: the measured part was too short, or the broker had nothing to do.'
  const kinds = weightByKind(profile)
  const shares = functionShares(profile)
  const lines = [
    `${headline(profile, whole)}${requests === undefined || requests <= 0 ? '' : `; ${eachText(whole / requests, profile.unit)} a request of ${requests}`}`,
    frameKinds.map((kind) => `${kindNames[kind]} ${percent((kinds.get(kind) ?? 0) / whole)}`).join('; '),
    ...systemCalls(profile, whole),
    '',
    table([
      ['self', 'total', 'kind', 'function', 'at', 'mostly'],
      ...shares
        .filter(({ self }) => self > 0)
        .slice(0, rowsMax)
        .map((share) => row(share, whole)),
    ]),
  ]
  return lines.join('\n')
}

/** Where Linux turns to the function of a system call; that is the next frame, under one of a few names. */
const dispatchers: readonly string[] = ['do_syscall_64', 'x64_sys_call', 'invoke_syscall']
const prefix = /^(?:__(?:x64|arm64)_sys_|ksys_|do_)/
const callsMax = 10

function systemCalls({ stacks }: Profile, whole: number): readonly string[] {
  const sums = new Map<string, number>()
  for (const { frames, weight } of stacks) {
    const at = frames.findLastIndex(({ kind, name }) => kind === 'kernel' && dispatchers.includes(name))
    const call = at < 0 ? undefined : frames[at + 1]?.name.replace(prefix, '')
    if (call !== undefined) sums.set(call, (sums.get(call) ?? 0) + weight)
  }
  if (sums.size === 0) return []
  const calls = [...sums].sort((a, b) => b[1] - a[1]).slice(0, callsMax)
  return [`system calls: ${calls.map(([name, sum]) => `${name} ${percent(sum / whole)}`).join('; ')}`]
}

function headline({ unit, idle }: Profile, whole: number): string {
  if (unit === 'bytes') return `${weightText(whole, unit)} allocated (sampled)`
  const idleText = idle > 0 ? `; idle ${weightText(idle, unit)} (${percent(idle / (whole + idle))})` : ''
  return `busy ${weightText(whole, unit)}${idleText}`
}

const eachText = (weight: number, unit: Profile['unit']): string =>
  unit === 'seconds' ? `${(weight * 1e6).toFixed(2)} us` : `${weight.toFixed(0)} bytes`

function row({ frame, self, total, mostly }: FunctionShare, whole: number): readonly string[] {
  const name = frame.name.length > nameWidthMax ? `${frame.name.slice(0, nameWidthMax - 3)}...` : frame.name
  const why =
    mostly === undefined ? '' : `${frame.kind === 'own' ? '' : 'from '}${mostly.place} (${percent(mostly.part)})`
  return [percent(self / whole), percent(total / whole), frame.kind, name, frame.place, why]
}

/** The first two columns are numbers. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => (i < 2 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
