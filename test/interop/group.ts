/** What the suites with groups of several members wait for. */
import { kcat } from './kcat.ts'
import { until } from './kit.ts'
import type { Member } from './member.ts'

/** Whether each partition has one owner, and each member its fair share. */
function isBalanced(members: readonly Member[], partitions: number): boolean {
  const all = members.flatMap(({ owned }) => [...owned])
  const share = partitions / members.length
  return (
    all.length === partitions && new Set(all).size === partitions && members.every(({ owned }) => owned.size === share)
  )
}

/** Sends numbers by their keys to all partitions, and gives them. */
export async function produceNumbers(
  topic: string,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<string[]> {
  const values = Array.from({ length: count }, (_, i) => `${from + i}`)
  await kcat(['-P', '-t', topic, '-K:'], values.map((value) => `${value}:${value}\n`).join(''))
  return values
}

/** Of values that a load was acknowledged, or that were produced as they are here. */
export async function untilRead(members: readonly Member[], values: readonly string[]): Promise<void> {
  await until({
    what: `${values.length} values are read`,
    timeoutMs: 40_000,
    condition: () => values.every((value) => members.some((member) => member.values.has(value))),
    seen: () => members.join('\n'),
  })
}

export async function untilBalanced(members: readonly Member[], partitions: number): Promise<void> {
  const what = `${partitions} partitions owned by ${members.length} members`
  const condition = (): boolean => isBalanced(members, partitions)
  await until({ what, timeoutMs: 60_000, condition, seen: () => members.join('\n') })
}
