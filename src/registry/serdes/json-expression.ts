/**
 * Regular expressions of ECMAScript with the flag `u`, as JSON Schema has them, in the words of RE2: what is white space, what a dot
 * leaves out, and the long names of Unicode's categories are not the same there.
 */

/** For a class of characters: white space and the ends of lines, and all others. */
const spaces = '\\t-\\r\\x20\\xa0\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}'
const others = [
  '\\x00-\\x08\\x0e-\\x1f\\x21-\\x9f\\xa1-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}',
  '\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}',
].join('')
const withinLine = '[^\\n\\r\\x{2028}\\x{2029}]'

/** Unicode's short names of the categories, with the others that ECMAScript knows them by. */
const categories: Readonly<Record<string, string>> = {
  L: 'Letter',
  LC: 'Cased_Letter',
  Lu: 'Uppercase_Letter',
  Ll: 'Lowercase_Letter',
  Lt: 'Titlecase_Letter',
  Lm: 'Modifier_Letter',
  Lo: 'Other_Letter',
  M: 'Mark Combining_Mark',
  Mn: 'Nonspacing_Mark',
  Mc: 'Spacing_Mark',
  Me: 'Enclosing_Mark',
  N: 'Number',
  Nd: 'Decimal_Number digit',
  Nl: 'Letter_Number',
  No: 'Other_Number',
  P: 'Punctuation punct',
  Pc: 'Connector_Punctuation',
  Pd: 'Dash_Punctuation',
  Ps: 'Open_Punctuation',
  Pe: 'Close_Punctuation',
  Pi: 'Initial_Punctuation',
  Pf: 'Final_Punctuation',
  Po: 'Other_Punctuation',
  S: 'Symbol',
  Sm: 'Math_Symbol',
  Sc: 'Currency_Symbol',
  Sk: 'Modifier_Symbol',
  So: 'Other_Symbol',
  Z: 'Separator',
  Zs: 'Space_Separator',
  Zl: 'Line_Separator',
  Zp: 'Paragraph_Separator',
  C: 'Other',
  Cc: 'Control cntrl',
  Cf: 'Format',
  Cs: 'Surrogate',
  Co: 'Private_Use',
  Cn: 'Unassigned',
}
const shortNames = new Map(
  Object.entries(categories).flatMap(([short, long]) => long.split(' ').map((name) => [name, short] as const)),
)

/** A pair of halves of one character, a property, an escape; else one character. */
const tokens = /\\u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}|\\[pP]\{[^}]*\}|\\.|./gsu

export function re2Expression(source: string): string {
  let isInClass = false
  let expression = ''
  for (const [token] of source.matchAll(tokens)) {
    expression += translated(token, isInClass)
    if (token === '[') isInClass = true
    else if (token === ']') isInClass = false
  }
  return expression
}

function translated(token: string, isInClass: boolean): string {
  if (token === '\\s') return isInClass ? spaces : `[${spaces}]`
  if (token === '\\S') return isInClass ? others : `[${others}]`
  if (token === '.') return isInClass ? token : withinLine
  if (token === '\\b' && isInClass) return '\\x08'
  if (token.startsWith('\\u') && token.length > 2) return `\\x{${codePoint(token)}}`
  const [, negation, name] =
    /^\\([pP])\{(?:(?:General_Category|gc|Script|sc|Script_Extensions|scx)=)?(.*)\}$/u.exec(token) ?? []
  return name === undefined ? token : `\\${negation}{${shortNames.get(name) ?? name}}`
}

const codePoint = (pair: string): string =>
  (
    (Number.parseInt(pair.slice(2, 6), 16) - 0xd800) * 0x400 +
    (Number.parseInt(pair.slice(8), 16) - 0xdc00) +
    0x10000
  ).toString(16)
