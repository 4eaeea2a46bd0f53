import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Logger } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { openFilesMax, warnOfFewOpenFiles } from './open-files.ts'

const limitsOf = (soft: string): string =>
  [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max core file size        0                    unlimited            bytes     ',
    `Max open files            ${soft.padEnd(21)}524288               files     `,
    'Max locked memory         8388608              8388608              bytes     ',
  ].join('\n')

test('the soft limit is known where it is told', () => {
  assert.equal(openFilesMax(limitsOf('1024')), 1024)
  assert.equal(openFilesMax(limitsOf('unlimited')), undefined)
  assert.equal(openFilesMax(''), undefined)
})

test('a limit that the segments found come near to is told at the start, and no other', async () => {
  const { disk } = createEnv({ disk: 'memory' })
  const logs = { '/a/t-0': 3, '/a/t-1': 2, '/b/t-2': 4 }
  for (const [path, segments] of Object.entries(logs)) {
    await disk.makeDirectory(path)
    for (let i = 0; i < segments; i++) {
      for (const suffix of ['log', 'index']) {
        await (await disk.open(`${path}/${i}.${suffix}`, { mode: 'create' })).close()
      }
    }
  }
  const told: unknown[] = []
  const logger: Logger = { child: () => logger, log: (level, _, fields) => void told.push({ level, ...fields }) }
  const directories = ['/a', '/b', '/a', '/none']
  for (const limits of [limitsOf('209'), limitsOf('unlimited'), undefined]) {
    await warnOfFewOpenFiles({ disk, logger, directories, limits: async () => limits })
  }
  assert.deepEqual(told, [])
  await warnOfFewOpenFiles({ disk, logger, directories, limits: async () => limitsOf('208') })
  assert.deepEqual(told, [{ level: 'warn', limit: 208, needed: 209, segments: 9 }])
})
