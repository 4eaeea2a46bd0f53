/** Delimiters and formats as a shell can write them: `\n`, `\t`, `\r`, `\0`, `\\`, `\x1f`. */
import { UsageError } from '../usage-error.ts'

const simple: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' }

/** The bytes that are meant: text as UTF-8, `\xNN` as the byte itself. Throws UsageError, which names `flag`. */
export function unescaped(flag: string, text: string): Buffer {
  const pieces: Buffer[] = []
  for (const [piece] of text.matchAll(/\\x[0-9a-fA-F]{2}|\\.?|[^\\]+/gsu)) {
    if (!piece.startsWith('\\')) pieces.push(Buffer.from(piece))
    else if (piece.length === 4) pieces.push(Buffer.from(piece.slice(2), 'hex'))
    else {
      const meant = simple[piece.slice(1)]
      if (meant === undefined)
        throw new UsageError(`--${flag}: '${piece}' is no escape; there are \\n \\t \\r \\0 \\\\ \\xNN`)
      pieces.push(Buffer.from(meant))
    }
  }
  return Buffer.concat(pieces)
}
