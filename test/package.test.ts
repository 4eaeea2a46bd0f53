/** The package that others install: built as `npm run pack` builds it, and used by its name. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const folder = join(root, '.cache', 'package')

/** Within the package, which finds itself by its name; what it depends on is found further up. */
function run(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout.trim()
}

test('the package has what its manifest names: doors, types, the command, and the jobs of its workers', () => {
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'pack.ts'), folder], { encoding: 'utf8' })
  assert.equal(built.status, 0, built.stderr)
  const manifest: { exports: object; version: string } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const doors = Object.keys(manifest.exports).map((door) => `odradek${door.slice(1)}`)
  const used = `
    const doors = ${JSON.stringify(doors)}
    const counts = await Promise.all(doors.map(async (door) => Object.keys(await import(door)).length))
    if (counts.includes(0)) throw new Error('a door leads to nothing: ' + counts)
    const { startBroker } = await import('odradek')
    const { Kafka } = await import('odradek/client')
    const broker = await startBroker()
    const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
    const producer = kafka.producer({ compressionType: 'lz4' })
    await producer.send('t', { value: 'through the package' })
    const consumer = kafka.consumer({ autoOffsetReset: 'earliest' })
    consumer.assign([{ topic: 't', partition: 0 }])
    for await (const { value } of consumer) {
      console.log(String(value))
      break
    }
    await Promise.all([producer.close(), consumer.close()])
    await broker.stop()`
  assert.equal(run('used.mjs', used), 'through the package')
  const worker = `
    const path = new URL('./dist/node/jobs.js', import.meta.url).href
    const { jobs, jobsUrl } = await import(path)
    console.log(jobs.size > 0, jobsUrl === path)`
  assert.equal(run('worker.mjs', worker), 'true true')
  const { stdout } = spawnSync(process.execPath, [join(folder, 'bin', 'odradek.js'), '--version'], { encoding: 'utf8' })
  assert.equal(stdout.trim(), manifest.version)
})
