/** How deep the arrays and objects of a JSON text are nested, told from its bytes; as soon as it is more than `enough` that is the answer. */
export function jsonDepth(text: Uint8Array, enough: number): number {
  // So many cannot be opened in less.
  if (text.length <= enough) return 0
  let depth = 0
  let deepest = 0
  let isInString = false
  for (let at = 0; at < text.length && deepest <= enough; at++) {
    const byte = text[at]
    if (isInString) {
      if (byte === backslash) at++
      else if (byte === quote) isInString = false
    } else if (byte === quote) isInString = true
    else if (byte === bracket || byte === brace) deepest = Math.max(deepest, ++depth)
    else if (byte === closingBracket || byte === closingBrace) depth--
  }
  return deepest
}

const quote = 0x22
const backslash = 0x5c
const bracket = 0x5b
const closingBracket = 0x5d
const brace = 0x7b
const closingBrace = 0x7d
