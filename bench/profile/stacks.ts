/** What every profile is made into: stacks with a weight. Nothing here knows where they come from. */

/** `own` is what this repository has, `package` what npm brought; `node` is JavaScript of Node itself. */
export type FrameKind = 'own' | 'package' | 'node' | 'native' | 'kernel' | 'gc'

/** In the order of reports. */
export const frameKinds = ['own', 'package', 'node', 'native', 'kernel', 'gc'] as const satisfies readonly FrameKind[]

export interface Frame {
  readonly kind: FrameKind
  readonly name: string
  /** `src/log/segment.ts:12`, where the function begins; empty where it has no source. */
  readonly place: string
}

export interface Stack {
  /** The outermost first. */
  readonly frames: readonly Frame[]
  /** In the profile's unit, of the last frame itself. */
  readonly weight: number
  /** Weight by line of the last frame, where the profiler told. */
  readonly lines?: ReadonlyMap<number, number>
}

export interface Profile {
  readonly unit: 'seconds' | 'bytes'
  readonly stacks: readonly Stack[]
  /** Seconds without work, which are in no stack. */
  readonly idle: number
}

export interface FunctionShare {
  readonly frame: Frame
  /** Of the function alone; of it and all that it called. A function that called itself counts once. */
  readonly self: number
  readonly total: number
  /** Of an `own` function its heaviest line, of others the own function that they were called from most; with the part of `self`. */
  readonly mostly: { readonly place: string; readonly part: number } | undefined
}

export const frameKey = ({ kind, name, place }: Frame): string => `${kind} ${name} ${place}`

export const weightOf = (profile: Profile): number => profile.stacks.reduce((sum, { weight }) => sum + weight, 0)

/** Self weight by kind; all kinds are there. */
export function weightByKind({ stacks }: Profile): ReadonlyMap<FrameKind, number> {
  const sums = new Map<FrameKind, number>(frameKinds.map((kind) => [kind, 0]))
  for (const { frames, weight } of stacks) {
    const kind = frames.at(-1)?.kind
    if (kind !== undefined) add(sums, kind, weight)
  }
  return sums
}

interface Sums {
  readonly frame: Frame
  self: number
  total: number
  /** Self weight by line or by caller. */
  readonly places: Map<string, number>
}

/** Those with the most self weight first. */
export function functionShares({ stacks }: Profile): readonly FunctionShare[] {
  const all = new Map<string, Sums>()
  const sumsOf = (frame: Frame): Sums => {
    const key = frameKey(frame)
    const known = all.get(key)
    if (known !== undefined) return known
    const made = { frame, self: 0, total: 0, places: new Map<string, number>() }
    all.set(key, made)
    return made
  }
  for (const stack of stacks) {
    for (const sums of new Set(stack.frames.map(sumsOf))) sums.total += stack.weight
    const last = stack.frames.at(-1)
    if (last === undefined) continue
    const sums = sumsOf(last)
    sums.self += stack.weight
    for (const [place, weight] of placesOf(stack, last)) add(sums.places, place, weight)
  }
  return [...all.values()]
    .map(({ frame, self, total, places }) => ({ frame, self, total, mostly: heaviest(places, self) }))
    .sort((a, b) => b.self - a.self || b.total - a.total)
}

function placesOf({ frames, weight, lines }: Stack, last: Frame): readonly (readonly [string, number])[] {
  if (last.kind === 'own') return [...(lines ?? [])].map(([line, part]) => [`line ${line}`, part])
  const caller = frames.findLast(({ kind }) => kind === 'own')
  return caller === undefined ? [] : [[`${caller.name} ${caller.place}`, weight]]
}

function heaviest(places: ReadonlyMap<string, number>, self: number): FunctionShare['mostly'] {
  let found: readonly [string, number] | undefined
  for (const entry of places) if (found === undefined || entry[1] > found[1]) found = entry
  return found === undefined || self <= 0 ? undefined : { place: found[0], part: Math.min(1, found[1] / self) }
}

function add<K>(sums: Map<K, number>, key: K, weight: number): void {
  sums.set(key, (sums.get(key) ?? 0) + weight)
}
