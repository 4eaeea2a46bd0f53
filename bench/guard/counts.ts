/** What was counted in a run, and the file that it is compared with. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of one kind of calls, for one request: how many, the bytes that they have moved, and the most that one of them has. */
export interface Counted {
  readonly calls: number
  readonly bytes: number
  readonly largest: number
}

export interface ScenarioCounts {
  /** How many there were. */
  readonly requests: number
  /** Calls of each kind, of one request. */
  readonly calls: ReadonlyMap<string, Counted>
  /** Bytes on the heap for one request, where they are counted. */
  readonly heapBytes: number | undefined
}

export interface Counts {
  /** The runtime has a part in what is allocated. */
  readonly node: string
  readonly scenarios: ReadonlyMap<string, ScenarioCounts>
}

const path = join(import.meta.dirname, 'counts.json')

/** Throws where the file is missing or is none of ours. */
export function recorded(): Counts {
  const found = members(JSON.parse(readFileSync(path, 'utf8')), path)
  const scenarios = [...members(found.get('scenarios'), path)].map(([name, it]) => {
    const scenario = members(it, name)
    return [name, scenarioOf(scenario, scenario.get('heapBytes'), name)] as const
  })
  return { node: String(found.get('node')), scenarios: new Map(scenarios) }
}

export function record({ node, scenarios }: Counts): void {
  const sorted = [...scenarios].map(([name, { requests, heapBytes, calls }]) => {
    const each = [...calls].sort(([a], [b]) => (a < b ? -1 : 1))
    const rounded = each.map(([what, { calls, bytes, largest }]) => [what, [round(calls), round(bytes), largest]])
    return [name, { requests, heapBytes, calls: Object.fromEntries(rounded) }]
  })
  const text = JSON.stringify({ node, scenarios: Object.fromEntries(sorted) }, undefined, 2)
  // A kind of calls on a line, for whoever reads what has changed.
  writeFileSync(
    path,
    `${text.replace(/\[\s+([^\]]+?)\s+\]/g, (_, list: string) => `[${list.replace(/\s+/g, ' ')}]`)}\n`,
  )
}

/** Of what the two runs have printed. */
export function countsOf(counted: string, allocated: string): Counts {
  const heap = members(JSON.parse(allocated), 'allocations')
  const scenarios = [...members(JSON.parse(counted), 'counts')].map(([name, it]) => {
    return [name, scenarioOf(members(it, name), heap.get(name), name)] as const
  })
  return { node: process.versions.node, scenarios: new Map(scenarios) }
}

function scenarioOf(found: ReadonlyMap<string, unknown>, heap: unknown, name: string): ScenarioCounts {
  return {
    requests: number(found.get('requests'), name),
    heapBytes: heap === undefined ? undefined : number(heap, name),
    calls: callsOf(found.get('calls'), name),
  }
}

function callsOf(value: unknown, scenario: string): ReadonlyMap<string, Counted> {
  const rows = [...members(value, scenario)].map(([what, row]) => {
    if (!Array.isArray(row)) throw new TypeError(`${path}: '${what}' of '${scenario}' is no list`)
    const [calls, bytes, largest] = row.map((it: unknown) => number(it, what))
    return [what, { calls: calls ?? 0, bytes: bytes ?? 0, largest: largest ?? 0 }] as const
  })
  return new Map(rows)
}

const round = (value: number): number => Math.round(value * 10_000) / 10_000

function number(value: unknown, what: string): number {
  if (typeof value !== 'number') throw new TypeError(`'${what}' has no number`)
  return value
}

function members(value: unknown, what: string): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError(`'${what}' is no object`)
  return new Map(Object.entries(value))
}
