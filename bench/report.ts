/** The table of a benchmark: each figure of both brokers, the ratio by rounds, and the bar. */
import type { Bar, Figure } from './scenario.ts'
import { passes, type Spread, spread } from './statistics.ts'

export type Figures = Readonly<Record<string, number>>

export interface Round {
  readonly kafka: Figures
  readonly odradek?: Figures
}

export interface Report {
  readonly text: string
  readonly missed: readonly string[]
}

const short = (value: number): string => (value >= 1000 ? value.toFixed(0) : value.toPrecision(3))
const show = (s: Spread | undefined): string =>
  s === undefined ? '-' : `${short(s.median)} (${short(s.min)}-${short(s.max)})`

function barText({ kind, bound, value }: Bar): string {
  return `${bound === 'at-most' ? '<=' : '>='} ${value}${kind === 'ratio' ? 'x' : ''}`
}

function values(rounds: readonly Round[], pick: (round: Round) => number | undefined): Spread | undefined {
  return spread(rounds.map(pick).filter((value) => value !== undefined))
}

function ratio(round: Round, name: string): number | undefined {
  const ours = round.odradek?.[name]
  const theirs = round.kafka[name]
  return ours === undefined || theirs === undefined || theirs === 0 ? undefined : ours / theirs
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function report(figures: readonly Figure[], rounds: readonly Round[]): Report {
  const rows = [['figure', 'unit', 'Kafka', 'Odradek', 'ratio', 'bar', '']]
  const missed: string[] = []
  for (const { name, unit, bar } of figures) {
    const odradek = values(rounds, (round) => round.odradek?.[name])
    const ratios = values(rounds, (round) => ratio(round, name))
    const judged = bar?.kind === 'ratio' ? ratios : odradek
    let verdict = ''
    if (bar !== undefined && judged !== undefined) {
      verdict = passes(bar, judged) ? 'PASS' : 'MISS'
      if (verdict === 'MISS') missed.push(name)
    }
    const kafka = values(rounds, (round) => round.kafka[name])
    rows.push([name, unit, show(kafka), show(odradek), show(ratios), bar === undefined ? '' : barText(bar), verdict])
  }
  const note = `Median (min-max) of ${rounds.length} rounds; the ratio is Odradek's by Kafka's, round by round.`
  return { text: `${table(rows)}\n${note}`, missed }
}
