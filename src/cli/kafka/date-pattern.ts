/** Times in a form as `java.text.SimpleDateFormat` takes it, in the zone of the machine; of its letters those of date and time. */
import { UsageError } from '../usage-error.ts'

const parts: Readonly<Record<string, (date: Date) => number>> = {
  y: (date) => date.getFullYear(),
  M: (date) => date.getMonth() + 1,
  d: (date) => date.getDate(),
  H: (date) => date.getHours(),
  m: (date) => date.getMinutes(),
  s: (date) => date.getSeconds(),
  S: (date) => date.getMilliseconds(),
}

function partOf(letters: string, pattern: string): (date: Date) => string {
  const part = parts[letters.charAt(0)]
  // Names of months are words of a language.
  if (part === undefined || (letters.startsWith('M') && letters.length > 2)) {
    throw new UsageError(
      `--date-format: '${letters}' in '${pattern}' is not served; ${Object.keys(parts).join(', ')} are`,
    )
  }
  if (letters === 'yy') return (date) => String(part(date) % 100).padStart(2, '0')
  return (date) => String(part(date)).padStart(letters.length, '0')
}

/** Text between apostrophes is itself; two of them are one. Throws UsageError for a letter that is not served. */
export function dateForm(pattern: string): (timestampMs: number) => string {
  const pieces = (pattern.match(/''|'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'/g) ?? []).map((piece) => {
    if (piece === "'") throw new UsageError(`--date-format: unterminated quote in '${pattern}'`)
    if (/^[A-Za-z]/.test(piece)) return partOf(piece, pattern)
    const text = piece === "''" ? "'" : piece.replace(/^'(.*)'$/s, '$1').replaceAll("''", "'")
    return () => text
  })
  return (timestampMs) => {
    const date = new Date(timestampMs)
    return pieces.map((piece) => piece(date)).join('')
  }
}
