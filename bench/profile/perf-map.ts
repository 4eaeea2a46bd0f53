/**
 * The map of machine code to names that Node writes for `perf`, a line for each piece of code as it is made: address and size in
 * hexadecimal, and the name. V8 throws code away and makes other in its place, and `perf` then takes the older name: fetching was seen
 * below the handler of Produce.
 */

interface Piece {
  readonly start: number
  readonly end: number
  readonly line: string
}

const piece = /^([0-9a-f]+) ([0-9a-f]+) /

/** Of pieces in one place the newest. What is no such line is left out: the last one may be written just now. */
export function newestPieces(map: string): string {
  const kept: Piece[] = []
  for (const line of map.split('\n').reverse()) {
    const [, start, size] = piece.exec(line) ?? []
    if (start === undefined || size === undefined) continue
    const from = Number.parseInt(start, 16)
    const one = { start: from, end: from + Number.parseInt(size, 16), line }
    const at = placeOf(kept, one.start)
    const isCovered = (kept[at - 1]?.end ?? 0) > one.start || (kept[at]?.start ?? Number.POSITIVE_INFINITY) < one.end
    if (!isCovered) kept.splice(at, 0, one)
  }
  return kept.map(({ line }) => `${line}\n`).join('')
}

/** Where the first piece is that begins at `start` or behind it. */
function placeOf(pieces: readonly Piece[], start: number): number {
  let low = 0
  let high = pieces.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((pieces[middle]?.start ?? 0) < start) low = middle + 1
    else high = middle
  }
  return low
}
