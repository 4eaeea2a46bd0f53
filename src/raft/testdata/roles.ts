/** One of three voters in each of its roles, all in epoch 5, with a log of nine entries, and tables of what comes out. */
import assert from 'node:assert/strict'
import { ErrorCode } from '../../protocol/index.ts'
import { dynamic, endpointsOf, key, Lab, setOf } from './lab.ts'

const start = (epoch: number, changes: { readonly voted?: number } = {}): Lab => {
  const { voted } = changes
  const election = { epoch, leaderId: -1, voted: voted === undefined ? undefined : key(voted) }
  return new Lab({ logged: dynamic(-1, setOf(1, 2, 3)), bootstrap: endpointsOf(2), endOffset: 9, election })
}

const to = (lab: Lab, kind: Lab['raft']['role']['kind']): Lab => {
  assert.equal(lab.raft.role.kind, kind)
  assert.equal(lab.raft.epoch, 5)
  return lab
}

const passed = (lab: Lab): Lab => {
  lab.pass(2000)
  return lab
}

function stopped(lab: Lab): Lab {
  lab.raft.stop(lab.nowMs)
  lab.pump()
  return lab
}

function candidate(): Lab {
  const lab = passed(start(4))
  const [vote] = lab.take('vote')
  assert.ok(vote !== undefined)
  const head = { errorCode: ErrorCode.NONE, epoch: 4, leaderId: -1, leaderEndpoints: [] }
  lab.answer(vote, { kind: 'vote', ...head, isGranted: true })
  return lab
}

function following(): Lab {
  const lab = start(4)
  lab.take('fetch')
  return lab.follow()
}

function fetching(): Lab {
  const lab = following()
  lab.feed()
  return lab
}

/** By name, in the order of the columns. */
export const roles: ReadonlyMap<string, () => Lab> = new Map([
  ['unattached', () => to(start(5), 'unattached')],
  ['voted for 2', () => to(start(5, { voted: 2 }), 'unattached')],
  ['follower of 2', () => to(following(), 'follower')],
  ['fetching from 2', () => to(fetching(), 'follower')],
  ['prospective', () => to(passed(start(5)), 'prospective')],
  ['candidate', () => to(candidate(), 'candidate')],
  ['leader', () => to(start(4).elect(), 'leader')],
  ['resigned', () => to(stopped(start(4).elect()), 'resigned')],
])

const names: ReadonlyMap<number, string> = new Map(Object.entries(ErrorCode).map(([name, code]) => [code, name]))

export const nameOf = (code: number): string => names.get(code) ?? String(code)

/** What comes out for each case, with the roles that it comes out for; what comes out for most comes last. */
export function table(cases: readonly string[], outcome: (name: string, role: Lab) => string): string {
  const lines = cases.map((name) => {
    const groups = Map.groupBy(roles, ([, make]) => outcome(name, make()))
    const sorted = [...groups].sort(([, a], [, b]) => a.length - b.length)
    const last = sorted.pop()
    const parts = sorted.map(([result, of]) => `${of.map(([role]) => role).join(', ')}: ${result}; `)
    return `  ${name}: ${parts.join('')}${parts.length > 0 ? 'else ' : ''}${last?.[0]}`
  })
  return `\n${lines.join('\n')}\n`
}
