/** Reading what a profiler wrote: each value is looked at before it is believed. */

export type Json = Readonly<Record<string, unknown>>

export class ProfileError extends Error {
  override readonly name = 'ProfileError'
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

export function objectOf(value: unknown, what: string): Json {
  if (!isObject(value)) throw new ProfileError(`${what} is no object`)
  return value
}

export function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ProfileError(`${what} is no array`)
  return value
}

export function numberOf(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ProfileError(`${what} is no number`)
  return value
}

export function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new ProfileError(`${what} is no text`)
  return value
}
