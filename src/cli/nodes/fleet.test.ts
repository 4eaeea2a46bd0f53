import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEnv } from '../../env/index.ts'
import { freePorts } from '../testdata/ports.ts'
import { command } from '../testdata/run.ts'
import { Fleet } from './fleet.ts'
import { prepareNodes } from './prepare.ts'

let folder: string
const [, script = ''] = process.argv
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'odradek-fleet-')))
  // What a node is started with is the command that runs.
  process.argv[1] = command
})
afterEach(() => {
  process.argv[1] = script
  rmSync(folder, { recursive: true, force: true })
})

describe('nodes that run together', () => {
  it('stop without one that hangs, which is named', async () => {
    let output = ''
    const write = (line: string): void => {
      output += line
    }
    const env = createEnv({ write })
    const port = await freePorts(2)
    const settings = new Map([
      ['log.dirs', folder],
      ['listeners', `PLAINTEXT://127.0.0.1:${port}`],
      ['odradek.registry.listeners', ''],
    ])
    const { nodes, voters } = await prepareNodes(env, { count: 2, file: undefined, settings })
    const { clock, logger } = env
    const options = {
      nodes,
      voters,
      flags: [],
      json: false,
      stopsOnFailure: false,
      clock,
      leaveMsMax: 1500,
      logger,
      write,
    }
    const fleet = new Fleet(options)
    const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (let i = 0; i < 400; i++) {
        const found = pattern.exec(output)
        if (found !== null) return found
        await sleep(50)
      }
      assert.fail(`no ${pattern}:\n${output}`)
    }
    try {
      await until(/the cluster is ready/)
      const [, pid] = await until(/started nodeId=2 pid=(\d+)/)
      process.kill(Number(pid), 'SIGSTOP')
      void fleet.stop()
      await until(/WARN .*node 2 has not left within 1\.5 s: the others stop all the same nodeId=2/)
      await until(/^\[node 1\] .*the node has stopped/m)
      assert.doesNotMatch(output, /node 1 has not left/)
    } finally {
      fleet.endAtOnce()
    }
    assert.equal(await fleet.ended, false)
  })
})
