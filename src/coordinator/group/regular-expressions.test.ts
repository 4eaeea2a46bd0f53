import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { regexSize } from './regex-size.ts'
import { regexError, resolveRegexes } from './regular-expressions.ts'

const resolved = (regexes: readonly string[], names: readonly string[]) => {
  const steps = resolveRegexes(regexes, names)
  for (;;) {
    const next = steps.next()
    if (next.done === true) return Object.fromEntries(next.value)
  }
}

test('an expression stands for the names that it matches as a whole', () => {
  const topics = resolved(['fo+', 'b|fo', '(', 'x'], ['foo', 'b', 'xfo', 'fo'])
  assert.deepEqual(topics, { 'fo+': ['fo', 'foo'], 'b|fo': ['b', 'fo'], '(': [], x: [] })
})

test('expressions that would take long are refused before they are compiled', () => {
  assert.equal(regexError('a'.repeat(10_000)), undefined)
  for (const regex of [
    'a'.repeat(10_001),
    '(x{1,30}){1,30}'.repeat(600),
    `(${'ab'.repeat(1000)}){1000}`,
    `\\Q[\\E${'(x{1,30}){1,30}'.repeat(100)}]`,
    `[]]{900}${'[^a\\]]{900}'.repeat(12)}`,
    `(${'\\pL{500}'.repeat(10)}){5}`,
    // What is read of a class takes time too: 1.6 s, 0.8 s, 0.3 s.
    `(?i)${'[a-\\x{ffff}]'.repeat(800)}`,
    `[${'\\pL\\PL'.repeat(1600)}]`,
    '\\pL'.repeat(3000),
  ]) {
    assert.match(regexError(regex) ?? '', /more than 10000/, regex.slice(0, 30))
  }
})

test('classes of characters that people write are not', () => {
  for (const regex of [
    '(?i)[a-zа-яё0-9._-]{1,249}',
    '[\\pL\\pN][^\\x{0}-\\x{20}]{0,200}',
    '[^\\x00-\\x{10ffff}]|(?:\\p{Greek}|\\PL){1,9}',
    `[${'a-z'.repeat(1000)}]`,
  ]) {
    assert.equal(regexError(regex), undefined, regex.slice(0, 30))
  }
})

test('what is understood of a text is never far below what it becomes', () => {
  const atom = fc.constantFrom(
    'a',
    '.',
    '[ab]',
    '[^]a]',
    '[[:alpha:]x]',
    '\\pL',
    '\\p{Greek}',
    '\\(',
    '\\x{41}',
    '\\Q(b]\\E',
  )
  const { regex } = fc.letrec<{ regex: string }>((tie) => ({
    regex: fc.oneof(
      { depthSize: 'small' },
      atom,
      fc.array(tie('regex'), { maxLength: 4 }).map((parts) => parts.join('')),
      fc.tuple(tie('regex'), tie('regex')).map(([a, b]) => `(${a}|${b})`),
      fc
        .tuple(tie('regex'), fc.constantFrom('*', '+?', '{3}', '{2,}', '{0,9}', '{12}?'))
        .map(([a, times]) => `(?:${a})${times}`),
    ),
  }))
  fc.assert(
    fc.property(regex, (text) => {
      const size = regexSize(text)
      fc.pre(size < 20_000 && regexError(text) === undefined)
      const program = RE2JS.compile(text).programSize()
      assert.ok(program <= 3 * size + 10, `${text}: ${program} states, ${size} were expected`)
    }),
    { numRuns: 500 },
  )
})
