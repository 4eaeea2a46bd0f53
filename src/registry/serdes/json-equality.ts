/** The same for values of JSON that JSON Schema takes as equal: the order of keys does not count. */
export function equalityKey(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  if (Array.isArray(value)) return `[${value.map(equalityKey).join()}]`
  const entries: [string, unknown][] = Object.entries(value)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${equalityKey(item)}`).join()}}`
}
