/** How reports say kinds, parts and weights. */
import type { FrameKind, Profile } from './stacks.ts'

export const kindNames: Readonly<Record<FrameKind, string>> = {
  own: 'JavaScript, ours',
  package: 'JavaScript, packages',
  node: 'JavaScript, Node',
  native: 'native',
  kernel: 'kernel',
  gc: 'garbage collection',
}

export const percent = (part: number): string => `${(part * 100).toFixed(part < 0.001 ? 2 : 1)} %`

export function weightText(weight: number, unit: Profile['unit']): string {
  if (unit === 'seconds') return weight < 1 ? `${(weight * 1000).toFixed(1)} ms` : `${weight.toFixed(2)} s`
  return weight < 1e6 ? `${(weight / 1e3).toFixed(1)} kB` : `${(weight / 1e6).toFixed(1)} MB`
}
