import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutContext } from './http/context-path.ts'
import { besideSubject, checkSubject, normalSubject, parseSubject } from './subject-name.ts'

test('a name has a context, or is of the default one', () => {
  assert.deepEqual(parseSubject('orders'), { context: '.', subject: 'orders' })
  assert.deepEqual(parseSubject(':.c:orders'), { context: '.c', subject: 'orders' })
  assert.deepEqual(parseSubject(':.c:a:b'), { context: '.c', subject: 'a:b' })
  assert.deepEqual(parseSubject(':.c'), { context: '.c', subject: '' })
  assert.deepEqual(parseSubject(':c:orders'), { context: '.', subject: ':c:orders' })
  assert.equal(normalSubject(':.:orders'), 'orders')
  assert.equal(besideSubject(':.c:a', 'b'), ':.c:b')
  assert.equal(besideSubject(':.c:a', ':.d:b'), ':.d:b')
})

test('names that no subject has', () => {
  for (const name of ['', ':.c:', '__GLOBAL', ':.c:__EMPTY', ':.__GLOBAL:a', 'a\nb']) {
    assert.throws(() => checkSubject(name), { code: 'invalidSubject' }, name)
  }
  for (const name of ['a', 'a b', 'a/b', 'ä', '*', ':.c:a']) checkSubject(name)
})

test('paths within a context become paths of its subjects', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/subjects/a/versions', '/subjects/a/versions'],
    ['/contexts', '/contexts'],
    ['/contexts?offset=1', '/contexts?offset=1'],
    ['/contexts/.c', '/contexts/.c'],
    ['/contexts/.c/subjects', '/subjects?subjectPrefix=%3A.c%3A'],
    ['/contexts/.c/subjects/', '/subjects?subjectPrefix=%3A.c%3A'],
    ['/contexts/.c/subjects?deleted=true', '/subjects?deleted=true&subjectPrefix=%3A.c%3A'],
    ['/contexts/c/subjects/a/versions/1', '/subjects/%3A.c%3Aa/versions/1'],
    ['/contexts/:.c:/subjects/a%2Fb', '/subjects/%3A.c%3Aa%2Fb'],
    ['/contexts/.c/subjects/:.d:a', '/subjects/:.d:a'],
    ['/contexts/./subjects/a', '/subjects/a'],
    ['/contexts/.c/config', '/config/%3A.c%3A'],
    ['/contexts/.c/mode/a', '/mode/%3A.c%3Aa'],
    ['/contexts/.c/schemas/ids/1', '/schemas/ids/1?subject=%3A.c%3A'],
    ['/contexts/.c/schemas/ids/1?subject=a', '/schemas/ids/1?subject=%3A.c%3Aa'],
    [
      '/contexts/.c/compatibility/subjects/a/versions/2?verbose=true',
      '/compatibility/subjects/%3A.c%3Aa/versions/2?verbose=true',
    ],
    ['/contexts/%E0%A4%A/subjects/a', '/subjects/%3A.%25E0%25A4%25A%3Aa'],
  ]
  for (const [given, wanted] of cases) assert.equal(withoutContext(given), wanted, given)
})
