/** What is looked at in whatever options: names and times. */
import { KafkaError } from './kafka-error.ts'

/** Without what is undefined, which means the default. */
export function defined<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** A name that is not known is a mistake: it would have no effect. */
export function checkNames(given: object, known: object): void {
  if (typeof given !== 'object' || given === null) {
    throw new KafkaError('INVALID_ARGUMENT', `options are an object, not ${String(given)}`)
  }
  const unknown = Object.keys(given).find((name) => !(name in known))
  if (unknown !== undefined) throw new KafkaError('INVALID_ARGUMENT', `there is no option '${unknown}'`)
}

export function checkMs(name: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0 && value <= 2 ** 31 - 1) return
  throw new KafkaError('INVALID_ARGUMENT', `${name}: ${String(value)} is no time in milliseconds`)
}
