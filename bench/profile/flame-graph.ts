/**
 * A flame graph as one SVG: callers below, what they called above them, as wide as its weight. Without script: what a frame is stands in its
 * title, and as text in it, cut where the frame ends, which a browser's search finds.
 */
import { type Frame, type FrameKind, frameKey, frameKinds, type Profile, weightOf } from './stacks.ts'
import { kindNames, percent, weightText } from './texts.ts'

const width = 1600
const rowHeight = 17
const headHeight = 62
/** Of the whole; what is narrower cannot be seen. */
const partMin = 0.0005
const characterWidth = 6.6

const colours: Readonly<Record<FrameKind, string>> = {
  own: '#f4a259',
  package: '#f2d16b',
  node: '#a8c686',
  native: '#8fb8de',
  kernel: '#e07a7a',
  gc: '#b8b8b8',
}

interface Tree {
  readonly frame: Frame | undefined
  weight: number
  readonly calls: Map<string, Tree>
}

export interface FlameGraphOptions {
  readonly title: string
  readonly profile: Profile
}

export function flameGraph({ title, profile }: FlameGraphOptions): string {
  const tree = treeOf(profile)
  const boxes = boxesOf(tree)
  const depth = boxes.reduce((max, { level }) => Math.max(max, level), 0)
  const height = headHeight + (depth + 1) * rowHeight + 10
  const about = `${weightText(tree.weight, profile.unit)}, ${boxes.length} frames of at least ${percent(partMin)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" `,
    'font-family="monospace" font-size="11">\n<style>g:hover > rect { stroke: #222 } rect { stroke: #fff; stroke-width: 0.5 }</style>\n',
    `<rect width="${width}" height="${height}" fill="#fff"/>\n`,
    `<text x="8" y="20" font-size="15">${escaped(title)}</text>\n<text x="8" y="38">${escaped(about)}</text>\n`,
    ...frameKinds.map(legend),
    ...boxes.map((box) => boxText(box, { whole: tree.weight, height, unit: profile.unit })),
    '</svg>\n',
  ].join('')
}

function legend(kind: FrameKind, i: number): string {
  const x = 8 + i * 190
  return (
    `<rect x="${x}" y="46" width="10" height="10" fill="${colours[kind]}"/>` +
    `<text x="${x + 15}" y="55">${kindNames[kind]}</text>\n`
  )
}

function treeOf(profile: Profile): Tree {
  const tree: Tree = { frame: undefined, weight: weightOf(profile), calls: new Map() }
  for (const { frames, weight } of profile.stacks) {
    let at = tree
    for (const frame of frames) {
      const key = frameKey(frame)
      const next: Tree = at.calls.get(key) ?? { frame, weight: 0, calls: new Map() }
      next.weight += weight
      at.calls.set(key, next)
      at = next
    }
  }
  return tree
}

interface Box {
  readonly frame: Frame
  readonly weight: number
  readonly level: number
  /** In weight, from the left. */
  readonly start: number
}

/** The heaviest calls first; what is too narrow leaves its place empty, at the right of its caller. */
function boxesOf(tree: Tree): readonly Box[] {
  const boxes: Box[] = []
  const open = [{ tree, level: -1, start: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { frame, weight, calls } = next.tree
    if (frame !== undefined) boxes.push({ frame, weight, level: next.level, start: next.start })
    let { start } = next
    for (const called of [...calls.values()].sort((a, b) => b.weight - a.weight)) {
      if (called.weight < tree.weight * partMin) break
      open.push({ tree: called, level: next.level + 1, start })
      start += called.weight
    }
  }
  return boxes
}

interface Drawing {
  readonly whole: number
  readonly height: number
  readonly unit: Profile['unit']
}

function boxText({ frame, weight, level, start }: Box, { whole, height, unit }: Drawing): string {
  const x = ((start / whole) * width).toFixed(2)
  const wide = ((weight / whole) * width).toFixed(2)
  const y = height - 5 - (level + 1) * rowHeight
  const name = escaped(frame.place === '' ? frame.name : `${frame.name} ${frame.place}`)
  const share = `${percent(weight / whole)}, ${weightText(weight, unit)}`
  // A smaller picture cuts its text at its edge; what would not show a character keeps one that only a search sees.
  const fill = Number(wide) < characterWidth ? ' fill-opacity="0"' : ''
  return (
    `<g><title>${name} (${kindNames[frame.kind]}): ${share}</title>` +
    `<rect x="${x}" y="${y}" width="${wide}" height="${rowHeight - 1}" fill="${colours[frame.kind]}"/>` +
    `<svg x="${x}" y="${y}" width="${wide}" height="${rowHeight - 1}"><text x="3" y="12"${fill}>${name}</text></svg></g>\n`
  )
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Characters that XML does not have at all are left out. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come in
  return text.replace(/[\x00-\x1f\ufffe\uffff]/g, '').replace(/[&<>"]/g, (found) => entities[found] ?? found)
}
