/**
 * Typed reading of parsed values: a name of the wrong type does not compile. Longs come as numbers, those beyond
 * 2^53 (Kafka's "for ever" and "no limit") as the greatest safe one.
 */
import { assert, present } from '../base/index.ts'
import type { ConfigKeys, NamesOf } from './config-def.ts'
import type { ConfigValue } from './config-value.ts'
import { saturate } from './java-number.ts'

export class ConfigReader<K extends ConfigKeys> {
  readonly #values: ReadonlyMap<string, ConfigValue>

  constructor(values: ReadonlyMap<string, ConfigValue>) {
    this.#values = values
  }

  /** The value as parsed; undefined for an unknown key. */
  value(name: string): ConfigValue | undefined {
    return this.#values.get(name)
  }

  boolean(name: NamesOf<K, 'boolean'>): boolean {
    const value = this.#values.get(name)
    assert(typeof value === 'boolean', `${name} is not a boolean`)
    return value
  }

  numberOrNull(name: NamesOf<K, 'int' | 'short' | 'long' | 'double'>): number | null {
    const value = this.#values.get(name)
    if (value === null || typeof value === 'number') return value
    assert(typeof value === 'bigint', `${name} is not a number`)
    return saturate(value)
  }

  number(name: NamesOf<K, 'int' | 'short' | 'long' | 'double'>): number {
    return present(this.numberOrNull(name), name)
  }

  /** Also of passwords: never into a message or a log. */
  textOrNull(name: NamesOf<K, 'string' | 'class' | 'password'>): string | null {
    const value = this.#values.get(name)
    assert(value === null || typeof value === 'string', `${name} is not a text`)
    return value
  }

  text(name: NamesOf<K, 'string' | 'class' | 'password'>): string {
    return present(this.textOrNull(name), name)
  }

  listOrNull(name: NamesOf<K, 'list'>): readonly string[] | null {
    const value = this.#values.get(name)
    assert(value === null || typeof value === 'object', `${name} is not a list`)
    return value
  }

  list(name: NamesOf<K, 'list'>): readonly string[] {
    return present(this.listOrNull(name), name)
  }
}
