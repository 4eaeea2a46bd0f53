/** The points of a sweep: each disk operation of the script, with each fate of what was not synced; all of them or some. */
import { createHash } from 'node:crypto'
import { type Fate, SeededRandom } from '../../../src/sim/index.ts'
import { type How, type Point, type PointOutcome, runPoint } from './crash-point.ts'

const fates: readonly Fate[] = ['kept', 'dropped', 'torn']
const againFates: readonly How[] = ['killed', 'dropped', 'torn']

export interface SweepOptions {
  readonly seed: number
  /** Each such point is taken; 1: all. */
  readonly stride: number
  /** For each so many of those, the first restart is ended too. */
  readonly againEvery: number
}

export interface SweepOutcome {
  readonly operations: number
  readonly points: number
  /** With a second end, in the restart. */
  readonly pointsAgain: number
  readonly kinds: Readonly<Record<string, number>>
  /** Records that were answered, not flushed, and taken by the power. */
  readonly lost: number
  readonly hash: string
}

export async function sweep({ seed, stride, againEvery }: SweepOptions): Promise<SweepOutcome> {
  const draw = new SeededRandom(`sweep ${seed}`).stream('points')
  const hash = createHash('sha256')
  let lost = 0
  const take = async (point: Point): Promise<PointOutcome> => {
    const outcome = await runPoint(point)
    hash.update(outcome.hash)
    lost += outcome.lost
    return outcome
  }
  // Without an end: how many operations there are.
  const { operations, counts } = await take({ seed, nth: undefined, how: 'kept' })
  let points = 0
  let pointsAgain = 0
  for (let i = seed % stride; i < operations * fates.length; i += stride) {
    const how = fates[i % fates.length] ?? 'torn'
    const nth = 1 + Math.floor(i / fates.length)
    const { restartOperations } = await take({ seed, nth, how })
    points++
    if (points % againEvery !== 0) continue
    // What a killed process has written may still be lost by the power.
    const first = how === 'kept' ? 'killed' : how
    const again = { nth: 1 + draw.below(restartOperations), how: againFates[draw.below(againFates.length)] ?? 'torn' }
    await take({ seed, nth, how: first, again })
    pointsAgain++
  }
  return { operations, points, pointsAgain, kinds: Object.fromEntries(counts), lost, hash: hash.digest('hex') }
}
