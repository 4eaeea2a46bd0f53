/** Which lines one text has that another one has not, by their longest common subsequence. */

export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
}

/** Of the table that is made for what differs; beyond it the whole middle is removed, and added. */
const cellsMax = 4_000_000

export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  const rest = Math.min(a.length, b.length) - start
  while (end < rest && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end))
  return [...as('same', a.slice(0, start)), ...middle, ...as('same', a.slice(a.length - end))]
}

const as = (kind: DiffLine['kind'], lines: readonly string[]): DiffLine[] => lines.map((text) => ({ kind, text }))

function between(a: readonly string[], b: readonly string[]): DiffLine[] {
  const width = b.length + 1
  if ((a.length + 1) * width > cellsMax) return [...as('removed', a), ...as('added', b)]
  // How many lines the rest of `a` from i, and that of `b` from j, have in common.
  const common = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number): number => common[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]]
    if (left !== undefined && left === right) {
      lines.push({ kind: 'same', text: left })
      i++
      j++
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'removed', text: left })
      i++
    } else if (right !== undefined) {
      lines.push({ kind: 'added', text: right })
      j++
    }
  }
  return lines
}

const contextLines = 3
const signs = { same: ' ', removed: '-', added: '+' } as const

/** What differs, with some lines around it; `...` stands for those left out. Empty where nothing does. */
export function diffText(lines: readonly DiffLine[]): string {
  const near = new Set<number>()
  for (const [i, { kind }] of lines.entries()) {
    if (kind === 'same') continue
    for (let k = i - contextLines; k <= i + contextLines; k++) near.add(k)
  }
  if (near.size === 0) return ''
  let isLeftOut = false
  return lines
    .flatMap(({ kind, text }, i) => {
      if (near.has(i)) {
        isLeftOut = false
        return [`${signs[kind]} ${text}\n`]
      }
      const isFirst = !isLeftOut
      isLeftOut = true
      return isFirst ? ['...\n'] : []
    })
    .join('')
}
