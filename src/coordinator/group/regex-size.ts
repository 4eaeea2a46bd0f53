/**
 * How large a regular expression becomes when it is compiled, told from its text: a repetition of a repetition makes
 * millions of states of a few characters, and both compiling and matching take time for each of them.
 */

/** About as many states as its program has; more where the text is not understood, never far less. */
export function regexSize(regex: string): number {
  const around: number[] = []
  let size = 0
  let last = 0
  const add = (atom: number): void => {
    size += atom
    last = atom
  }
  for (let at = 0; at < regex.length; ) {
    const token = tokenAt(regex, at)
    at += token.length
    if (token === '(') {
      around.push(size)
      size = 0
      last = 0
    } else if (token === ')') {
      const group = size + 2
      size = around.pop() ?? 0
      add(group)
    } else {
      const times = timesOf(token)
      if (times === undefined) add(token.startsWith('\\Q') ? token.length : 1)
      else {
        size += last * (times - 1)
        last *= times
      }
    }
  }
  return around.reduce((sum, outer) => sum + outer, size)
}

/** Literal text, an escape, a class of characters, a repetition; else one character. */
const tokens = /\\Q.*?(?:\\E|$)|\\[pPx]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|./sy

function tokenAt(regex: string, at: number): string {
  tokens.lastIndex = at
  return tokens.exec(regex)?.[0] ?? regex.charAt(at)
}

function timesOf(token: string): number | undefined {
  const [, least, most] = /^\{(\d+)(?:,(\d*))?\}$/.exec(token) ?? []
  if (least === undefined) return undefined
  return Math.max(Number(least), Number(most ?? 0), 1)
}
