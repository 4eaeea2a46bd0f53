/**
 * Names with a prefix: `listener.name.<listener>.<key>`, and for SASL also `listener.name.<listener>.<mechanism>.<key>`.
 */
import type { ConfigKey } from './config-def.ts'

export interface BaseKey {
  /** The name without prefix. */
  readonly name: string
  readonly key: ConfigKey
  readonly prefixed: boolean
}

const prefix = /^listener\.name\.[^.]*\.(.+)$/

/** Undefined where neither the name nor what follows its prefix is a key. */
export function baseKey(name: string, keys: ReadonlyMap<string, ConfigKey>): BaseKey | undefined {
  const key = keys.get(name)
  if (key !== undefined) return { name, key, prefixed: false }
  const rest = prefix.exec(name)?.[1]
  if (rest === undefined) return undefined
  for (const candidate of [rest, rest.slice(rest.indexOf('.') + 1)]) {
    const base = keys.get(candidate)
    if (base !== undefined) return { name: candidate, key: base, prefixed: true }
  }
  return undefined
}
