/** What the members of a group have committed, as they say themselves. */
import { until } from './kit.ts'
import type { Member } from './member.ts'

/** Of each partition the newest position. */
function committedOf(members: readonly Member[]): Map<number, number> {
  const newest = new Map<number, number>()
  for (const event of members.flatMap(({ events }) => events)) {
    if (event.kind !== 'committed') continue
    for (const { partition, offset } of event.positions) {
      newest.set(partition, Math.max(newest.get(partition) ?? 0, offset))
    }
  }
  return newest
}

/** Until the positions of all partitions are `count` records from their starts, which are at 0. */
export async function untilCommitted(members: readonly Member[], { count }: { readonly count: number }): Promise<void> {
  const sum = (): number => [...committedOf(members).values()].reduce((all, offset) => all + offset, 0)
  await until({
    what: `${count} records are committed`,
    timeoutMs: 60_000,
    condition: () => sum() === count,
    seen: () => `${sum()}\n${members.join('\n')}`,
  })
}
