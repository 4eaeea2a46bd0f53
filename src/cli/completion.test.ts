import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { wordsOf } from './completion.ts'
import { command } from './testdata/run.ts'

test('actions and flags are those of the help', () => {
  const help = `Usage: odradek groups list [flags]
       odradek groups reset-offsets GROUP [flags]

list tells of --nothing.

  --topic, -t NAME   text, as --by
  --bootstrap-server, -b HOST:PORT
                     a broker
`
  assert.deepEqual(wordsOf('groups', help), ['list', 'reset-offsets', '--topic', '--by', '--bootstrap-server'])
  assert.deepEqual(wordsOf('completion', 'Usage: odradek completion bash|zsh\n'), ['bash', 'zsh'])
})

test('bash completes verbs, actions and flags by the script', () => {
  const complete = (...words: string[]): string[] => {
    const line = words.map((it) => `'${it}'`).join(' ')
    const script = `source <('${process.execPath}' '${command}' completion bash)
COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _odradek; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
    assert.equal(stderr, '')
    return stdout.trimEnd().split('\n')
  }
  assert.deepEqual(complete('odradek', 'prod'), ['produce'])
  assert.deepEqual(complete('odradek', 'groups', 'de'), ['describe', 'delete-offsets', 'delete'])
  assert.deepEqual(complete('odradek', 'consume', '--from'), ['--from-beginning'])
  assert.deepEqual(complete('odradek', 'kafka-topics', '--des'), ['--describe'])
  assert.deepEqual(complete('odradek', 'completion', 'z'), ['zsh'])
})

test('zsh and fish have scripts too; another shell is an error of usage', () => {
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [command, 'completion', ...words], { encoding: 'utf8' })
  assert.match(run('zsh').stdout, /^#compdef odradek\n/)
  assert.match(run('fish').stdout, /^complete -c odradek -n __fish_use_subcommand -f -a start$/m)
  assert.equal(run('tcsh').status, 2)
  assert.match(run('--help').stdout, /^Usage: odradek completion/)
})
