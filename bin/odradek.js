#!/usr/bin/env node
/**
 * The command `odradek`. Plain JavaScript without newer syntax, so that an old Node can still read it: it finds the Node
 * that the sources need and starts itself again with that one, or says what is missing. What the verbs do is in
 * `src/cli`.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { constants } from 'node:os'
import { pathToFileURL } from 'node:url'
import { entryOf, findNode, howToGet, isNodeNewEnough, need } from './needed-node.js'

const alreadyRestarted = 'ODRADEK_RESTARTED'

function fail(message) {
  process.stderr.write(`odradek: ${message}\n`)
  process.exit(1)
}

/**
 * Every signal is passed on, though a terminal or a supervisor may have sent it to the whole group: `cli/stop-signals.ts`
 * takes the two for one. The channel tells the child when this process is killed.
 */
function restartWith(node) {
  const env = Object.assign({}, process.env)
  env[alreadyRestarted] = '1'
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc']
  const child = spawn(node, process.execArgv.concat(process.argv.slice(1)), { stdio: stdio, env: env })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(`cannot start ${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    process.exit(signal ? 128 + constants.signals[signal] : code)
  })
}

function run() {
  const entry = entryOf('cli')
  if (!existsSync(entry)) fail(`this installation is incomplete, ${entry} is missing`)
  const hasParent = process.env[alreadyRestarted] !== undefined && process.connected === true
  delete process.env[alreadyRestarted]
  nodeModule.enableCompileCache()
  import(pathToFileURL(entry).href)
    .then((cli) => cli.main(process.argv.slice(2), { hasParent: hasParent }))
    .then(
      (exitCode) => {
        process.exitCode = exitCode
      },
      (error) => fail(error.stack),
    )
}

if (isNodeNewEnough) {
  run()
} else {
  const node = process.env[alreadyRestarted] ? undefined : findNode()
  if (node) restartWith(node)
  else fail(`${need}, and there is none in node_modules. ${howToGet()}`)
}
