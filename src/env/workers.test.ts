import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { WorkersBusyError } from '../base/index.ts'
import { WorkerPool } from './workers.ts'

const jobsUrl = new URL('./testdata/jobs.ts', import.meta.url).href

test('jobs come back in any number, and more than may wait are refused', async () => {
  const pool = new WorkerPool({ jobsUrl, threadsMax: 1, queueMax: 2 })
  const bytes = Buffer.from('bytes')
  const waited = pool.run('wait', undefined)
  const echoed = pool.run('echo', { bytes })
  const failed = assert.rejects(pool.run('fail', undefined), { name: 'RangeError', message: 'as asked' })
  await assert.rejects(pool.run('echo', 1), WorkersBusyError)
  assert.equal(await waited, 'waited')
  assert.deepEqual(await echoed, { bytes: new Uint8Array(bytes) })
  await failed
  await assert.rejects(pool.run('none', undefined), /there is no job 'none'/)
  await assert.rejects(
    pool.run('echo', () => undefined),
    { name: 'DataCloneError' },
  )
  assert.equal(await pool.run('echo', 2), 2)
})

test('a thread that ends takes its own job with it and no other', async () => {
  const pool = new WorkerPool({ jobsUrl, threadsMax: 1, queueMax: 2 })
  const lost = assert.rejects(pool.run('exit', undefined), /ended/)
  const next = pool.run('echo', 'next')
  await lost
  assert.equal(await next, 'next')
})

test('a thread of the background yields to all others', {
  skip: process.platform !== 'linux' && 'Linux alone',
}, async () => {
  const niceOf = (isBackground: boolean) =>
    new WorkerPool({ jobsUrl, threadsMax: 1, queueMax: 2, isBackground }).run('nice', undefined)
  assert.equal(await niceOf(false), 0)
  assert.equal(await niceOf(true), 10)
  assert.equal(getPriority(), 0, 'and the loop has the priority that it had')
})

test('a job that takes longer than any may is ended, and those behind it are done', async () => {
  const pool = new WorkerPool({ jobsUrl, threadsMax: 1, queueMax: 2, jobMsMax: 300 })
  const late = assert.rejects(pool.run('spin', undefined), {
    name: 'JobTimeoutError',
    message: /'spin' took longer than 300 ms/,
  })
  const next = pool.run('echo', 'next')
  await late
  assert.equal(await next, 'next')
})

test('a process waits for jobs that are to be waited for, and not for others', async () => {
  const text = (keepsAlive: boolean): string => `
    const { WorkerPool } = await import(${JSON.stringify(new URL('./workers.ts', import.meta.url).href)})
    const pool = new WorkerPool({ jobsUrl: ${JSON.stringify(jobsUrl)}, threadsMax: 1, queueMax: 2, keepsAlive: ${keepsAlive} })
    pool.run('wait', undefined).then(console.log)`
  const printed = async (keepsAlive: boolean): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', text(keepsAlive)])
    return stdout
  }
  assert.equal(await printed(true), 'waited\n')
  assert.equal(await printed(false), '')
})
