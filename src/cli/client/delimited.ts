/** Cuts a stream of bytes at a delimiter. The pieces are views of what came, or copies where they came in parts. */

export interface DelimitedOptions {
  /** Not empty. */
  readonly delimiter: Uint8Array
  /** Of one piece: whoever forgets the delimiter does not fill the memory. */
  readonly bytesMax: number
}

export class PieceTooLongError extends Error {
  override readonly name = 'PieceTooLongError'
}

/** The piece behind the last delimiter counts where it is not empty. Throws PieceTooLongError, and what the stream throws. */
export async function* delimited(
  stream: AsyncIterable<Uint8Array>,
  { delimiter, bytesMax }: DelimitedOptions,
): AsyncGenerator<Uint8Array[]> {
  /** Without a delimiter in it, but for its last bytes, which may begin one. */
  let rest: Buffer[] = []
  let restBytes = 0
  for await (const chunk of stream) {
    const overlap = Math.min(restBytes, delimiter.length - 1)
    const isSplit = overlap > 0 && mayContinue(rest, delimiter)
    const bytes = isSplit ? Buffer.concat([...rest, chunk]) : asBuffer(chunk)
    if (isSplit) {
      rest = []
      restBytes = 0
    }
    const pieces: Uint8Array[] = []
    let from = 0
    for (let at = bytes.indexOf(delimiter); at >= 0; at = bytes.indexOf(delimiter, from)) {
      const piece = bytes.subarray(from, at)
      pieces.push(restBytes === 0 ? piece : Buffer.concat([...rest, piece]))
      rest = []
      restBytes = 0
      from = at + delimiter.length
    }
    if (from < bytes.length) {
      // A copy: the stream may use its buffer again.
      rest.push(Buffer.from(bytes.subarray(from)))
      restBytes += bytes.length - from
    }
    if (restBytes > bytesMax) throw new PieceTooLongError(`no delimiter within ${bytesMax} bytes`)
    if (pieces.length > 0) yield pieces
  }
  if (restBytes > 0) yield [Buffer.concat(rest)]
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Whether the end of what is there is the beginning of a delimiter. */
function mayContinue(rest: readonly Buffer[], delimiter: Uint8Array): boolean {
  const last = Buffer.concat(rest.slice(-delimiter.length)).subarray(1 - delimiter.length)
  for (let length = last.length; length > 0; length--) {
    if (last.subarray(last.length - length).equals(delimiter.subarray(0, length))) return true
  }
  return false
}
