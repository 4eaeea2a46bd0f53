/** Tables as `kafka-consumer-groups` prints them. Pure. */
import type { GroupDescription } from '../../client/index.ts'
import type { Progress } from '../groups/progress.ts'
import type { PlannedOffset } from '../groups/reset-plan.ts'

const columnMin = 15
const missing = '-'

export const padded = (text: string, width: number): string => text.padEnd(width)

const widthOf = (texts: readonly string[]): number => Math.max(columnMin, ...texts.map((it) => it.length))
const numberText = (value: number | undefined): string => (value === undefined ? missing : String(value))

export function offsetsText(groupId: string, progress: readonly Progress[]): string {
  const head = [
    'GROUP',
    'TOPIC',
    'PARTITION',
    'CURRENT-OFFSET',
    'LOG-END-OFFSET',
    'LAG',
    'CONSUMER-ID',
    'HOST',
    'CLIENT-ID',
  ]
  const rows = progress.map(({ topic, partition, offset, end, lag, member }) => [
    ...[groupId, topic, String(partition), numberText(offset), numberText(end), numberText(lag)],
    ...[member?.memberId ?? missing, member?.host ?? missing, member?.clientId ?? missing],
  ])
  const column = (i: number): number => widthOf(rows.map((row) => row[i] ?? ''))
  const widths = [column(0), column(1), 10, 15, 15, 15, column(6), column(7)]
  const lines = [head, ...rows].map((row) => row.map((cell, i) => padded(cell, widths[i] ?? 0)).join(' '))
  return `${lines.map((line) => `\n${line}`).join('')}\n`
}

/** Members without `group.instance.id` have no column for it, where none has one. */
export function membersText({ groupId, members }: GroupDescription): string {
  const hasInstance = members.some(({ groupInstanceId }) => groupInstanceId !== null)
  const head = [
    'GROUP',
    'CONSUMER-ID',
    ...(hasInstance ? ['GROUP-INSTANCE-ID'] : []),
    'HOST',
    'CLIENT-ID',
    '#PARTITIONS',
  ]
  const rows = members.map(({ memberId, groupInstanceId, host, clientId, assignment }) => [
    ...[groupId, memberId, ...(hasInstance ? [groupInstanceId ?? ''] : []), host, clientId],
    String(assignment.length),
  ])
  const widths = head.map((name, i) =>
    name === 'GROUP-INSTANCE-ID'
      ? Math.max(17, widthOf(rows.map((row) => row[i] ?? '')))
      : widthOf(rows.map((row) => row[i] ?? '')),
  )
  const lines = [head, ...rows].map((row) => `${row.map((cell, i) => padded(cell, widths[i] ?? 0)).join(' ')} `)
  return `\n${lines.join('\n')}\n`
}

const csvCell = (cell: string | number): string =>
  typeof cell === 'string' && /[",\s]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : String(cell)

/** Or as lines of values: the group comes first where there are several. */
export function planText(planned: ReadonlyMap<string, readonly PlannedOffset[]>, isExport: boolean): string {
  const all = [...planned].flatMap(([group, offsets]) => offsets.map((it) => ({ group, ...it })))
  if (isExport) {
    const isOne = planned.size === 1
    const cells = all.map(({ group, topic, partition, to }) => [...(isOne ? [] : [group]), topic, partition, to])
    return `${cells.map((row) => `${row.map(csvCell).join(',')}\n`).join('')}\n`
  }
  const rows = all.map(({ group, topic, partition, to }) => [group, topic, String(partition), String(to)])
  const widths = [widthOf(rows.map(([group = '']) => group)), widthOf(rows.map(([, topic = '']) => topic)), 10]
  const lines = [['GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET'], ...rows].map((row) =>
    row.map((cell, i) => padded(cell, widths[i] ?? 0)).join(' '),
  )
  return `${lines.map((line) => `\n${line}`).join('')}\n`
}
