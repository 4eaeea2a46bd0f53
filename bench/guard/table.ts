/** What the guard tells people: a table of all that was counted, and below it what has changed. */
import type { Row } from './verdict.ts'

const titles = ['of one request', 'recorded', 'now', 'verdict'] as const

const show = (value: number | undefined): string =>
  value === undefined ? '-' : value.toLocaleString('en-US', { maximumFractionDigits: value < 1000 ? 3 : 0 })

const line = ([what = '', recorded = '', now = '', verdict = '']: readonly string[]): string =>
  `  ${what.padEnd(34)}${recorded.padStart(12)}${now.padStart(12)}  ${verdict}`.trimEnd()

export function table(rows: readonly Row[]): string {
  const lines: string[] = [line(titles)]
  let scenario = ''
  for (const row of rows) {
    if (row.scenario !== scenario) lines.push('', row.scenario)
    scenario = row.scenario
    lines.push(line([row.what, show(row.recorded), show(row.now), row.verdict]))
  }
  return `${lines.join('\n')}\n`
}

export function summary(rows: readonly Row[]): string {
  const changed = (verdict: Row['verdict']): readonly Row[] => rows.filter((row) => row.verdict === verdict)
  const list = (all: readonly Row[]): string =>
    all.map((row) => `  ${row.scenario}: ${row.what}: ${show(row.recorded)} -> ${show(row.now)}\n`).join('')
  const [worse, better, unjudged] = [changed('worse'), changed('better'), changed('not judged')]
  const parts: string[] = []
  if (unjudged.length > 0)
    parts.push('Bytes on the heap were recorded with another version of Node: they are not judged.\n')
  if (better.length > 0) parts.push(`Less than was recorded: record it by --guard --record.\n${list(better)}`)
  if (worse.length > 0) {
    parts.push(`More than was recorded: mend it, or record it by --guard --record and say why.\n${list(worse)}`)
  }
  return parts.length > 0 ? parts.join('\n') : 'A request takes what was recorded.\n'
}
