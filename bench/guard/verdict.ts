/** Compares what a request takes now with what was recorded. */
import type { Counted, Counts, ScenarioCounts } from './counts.ts'

type Verdict = 'same' | 'worse' | 'better' | 'not judged'

export interface Row {
  readonly scenario: string
  readonly what: string
  /** Of one request. Undefined: it was, or is, none of the scenarios. */
  readonly recorded: number | undefined
  readonly now: number | undefined
  readonly verdict: Verdict
}

/**
 * Each run counts the same calls, alone and beside busy loops. But a change elsewhere moves what happens once in some hundred requests (a
 * buffer is used up, a table grows) into those that are counted, or out of them: so many calls of a kind, each as large as the
 * largest.
 */
const strayCalls = 2
/** Bytes of the heap for one request: runs differ by 2 at most, and the smallest object takes 16. */
const strayHeapBytes = 8
/** In one process of four each fetch takes 128 to 130 more, and nobody knows why. */
const strayHeapBytesOfFetch = 136

export function compare(recorded: Counts, now: Counts): readonly Row[] {
  const names = new Set([...recorded.scenarios.keys(), ...now.scenarios.keys()])
  const isSameRuntime = recorded.node === now.node
  return [...names].flatMap((name) => {
    const before = recorded.scenarios.get(name)
    const after = now.scenarios.get(name)
    if (before === undefined || after === undefined) return [missing(name, before, after)]
    return [...compareHeap(name, { before, after, isSameRuntime }), ...compareCalls(name, before, after)]
  })
}

/** Who adds a scenario, or takes one away, records it. */
function missing(scenario: string, before?: ScenarioCounts, after?: ScenarioCounts): Row {
  const [recorded, now] = [before?.heapBytes, after?.heapBytes]
  return { scenario, what: 'the scenario itself', recorded, now, verdict: 'worse' }
}

function compareHeap(
  scenario: string,
  runs: { readonly before: ScenarioCounts; readonly after: ScenarioCounts; readonly isSameRuntime: boolean },
): readonly Row[] {
  const { heapBytes: recorded } = runs.before
  const { heapBytes: now } = runs.after
  if (recorded === undefined || now === undefined) return []
  const stray = scenario.startsWith('fetch') ? strayHeapBytesOfFetch : strayHeapBytes
  // Another runtime has other objects of its own.
  const verdict = runs.isSameRuntime ? judge(now - recorded, stray) : 'not judged'
  return [{ scenario, what: 'heap, bytes', recorded, now, verdict }]
}

const none: Counted = { calls: 0, bytes: 0, largest: 0 }

function compareCalls(scenario: string, before: ScenarioCounts, after: ScenarioCounts): readonly Row[] {
  const kinds = [...new Set([...before.calls.keys(), ...after.calls.keys()])].sort()
  return kinds.flatMap((kind) => {
    const recorded = before.calls.get(kind) ?? none
    const now = after.calls.get(kind) ?? none
    const stray = strayCalls / after.requests
    const calls = { scenario, what: kind, recorded: recorded.calls, now: now.calls }
    const rows: Row[] = [{ ...calls, verdict: judge(now.calls - recorded.calls, stray) }]
    if (recorded.bytes > 0 || now.bytes > 0) {
      const bytes = { scenario, what: `${kind}, bytes`, recorded: recorded.bytes, now: now.bytes }
      const strayBytes = stray * Math.max(recorded.largest, now.largest)
      rows.push({ ...bytes, verdict: judge(now.bytes - recorded.bytes, strayBytes) })
    }
    return rows
  })
}

/** Recorded numbers are rounded. */
const rounding = 0.0002

function judge(difference: number, stray: number): Verdict {
  if (Math.abs(difference) <= stray + rounding) return 'same'
  return difference > 0 ? 'worse' : 'better'
}
