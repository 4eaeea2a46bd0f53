import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { SystemClock } from './clock.ts'

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what waits for a drain runs behind a whole poll, all of it before what follows on its promises', async () => {
  const clock = new SystemClock()
  const seen: string[] = []
  for (const name of ['a', 'b']) {
    clock.afterDrain(() => {
      seen.push(name)
      void Promise.resolve().then(() => seen.push(`${name} followed`))
    })
  }
  await aTurn()
  assert.equal(seen.length, 0)
  // It comes in the middle of a round: there was no poll behind it, and it waits for the next.
  clock.afterDrain(() => seen.push('c'))
  await aTurn()
  assert.deepEqual(seen, ['a', 'b', 'a followed', 'b followed'])
  await aTurn()
  assert.equal(seen.at(-1), 'c')
})

test('one that fails takes none of those behind it along', async () => {
  const url = JSON.stringify(new URL('./clock.ts', import.meta.url).href)
  const program = `import { SystemClock } from ${url}
    const clock = new SystemClock()
    process.on('uncaughtException', (error) => console.log(error.message))
    for (const name of ['a', 'b', 'c']) {
      clock.afterDrain(() => {
        if (name === 'b') throw new Error('b failed')
        console.log(name)
      })
    }`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  assert.deepEqual(stdout.trim().split('\n'), ['a', 'b failed', 'c'])
})
