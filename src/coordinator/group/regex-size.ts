/**
 * How large a regular expression becomes when it is compiled, told from its text: a repetition of a repetition makes
 * millions of states of a few characters, and both compiling and matching take time for each of them. So does reading
 * classes of characters: tables of Unicode are put together, and where case does not matter each character is looked at.
 */

/**
 * About as many states as its program has, and what its classes cost to read in units of these; more where the text is
 * not understood, never far less.
 */
export function regexSize(regex: string): number {
  const around: number[] = []
  let size = 0
  let last = 0
  let reading = 0
  const add = (atom: number): void => {
    size += atom
    last = atom
  }
  for (let at = 0; at < regex.length; ) {
    const token = tokenAt(regex, at)
    at += token.length
    reading += readingCost(token)
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
  return around.reduce((sum, outer) => sum + outer, size + reading)
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

/** Of a table of Unicode, as `\pL`: about 0.1 ms, and 10,000 of them would be a second. */
const tableCost = 50
/** Of a range of characters whose other cases are looked for: 4 us. */
const charactersPerCost = 128
/** Behind it no character has another case. */
const lastFolded = 0x1e943

/** Once, however often what is read is repeated. */
function readingCost(token: string): number {
  if (!/^(?:\[|\\[pP])/.test(token)) return 0
  let cost = (token.match(/\\[pP]/g)?.length ?? 0) * tableCost
  for (const [, from = '', to = ''] of token.matchAll(ranges)) {
    cost += Math.floor(Math.max(0, characterOf(to) - characterOf(from)) / charactersPerCost)
  }
  return cost
}

const ranges = /(\\x\{[^}]*\}|\\x..|\\.|[^\\])-(\\x\{[^}]*\}|\\x..|\\.|[^\\\]])/gsu

function characterOf(text: string): number {
  const [, hex = text.slice(2)] = /^\\x\{(.*)\}$/s.exec(text) ?? []
  const code = text.startsWith('\\x') ? Number.parseInt(hex, 16) : text.codePointAt(text.startsWith('\\') ? 1 : 0)
  return Math.min(code || 0, lastFolded)
}
