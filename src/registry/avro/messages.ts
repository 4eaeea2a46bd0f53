const lengthMax = 200

/** What a text said, in a message: not all of it where it is long. */
export function clipped(text: string): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}...`
}
