/** What `npm run bench:profile` makes of profiles: stacks, sums, the table and the picture. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseCpuProfile } from '../bench/profile/cpu-profile.ts'
import { flameGraph } from '../bench/profile/flame-graph.ts'
import { parseHeapProfile } from '../bench/profile/heap-profile.ts'
import { ProfileError } from '../bench/profile/json.ts'
import { newestPieces } from '../bench/profile/perf-map.ts'
import { parsePerfScript } from '../bench/profile/perf-script.ts'
import { type Frame, functionShares, type Profile, weightByKind, weightOf } from '../bench/profile/stacks.ts'
import { profileTable, rowsMax } from '../bench/profile/table.ts'

const own = (name: string, line = 1): Frame => ({ kind: 'own', name, place: `src/${name}.ts:${line}` })
const native = (name: string): Frame => ({ kind: 'native', name, place: '' })
const profileOf = (stacks: Profile['stacks'], idle = 0): Profile => ({ unit: 'seconds', stacks, idle })

interface Called {
  readonly name: string
  readonly url?: string
  readonly line?: number
  readonly scriptId?: string
}
const callFrame = ({ name, url = '', line = 0, scriptId = url === '' ? '0' : '7' }: Called) => ({
  functionName: name,
  scriptId,
  url,
  lineNumber: line,
  columnNumber: 3,
})

const cpuProfile = {
  nodes: [
    { id: 1, callFrame: callFrame({ name: '(root)' }), children: [2, 3, 4, 5] },
    { id: 2, callFrame: callFrame({ name: '(idle)' }) },
    { id: 3, callFrame: callFrame({ name: '(garbage collector)' }) },
    { id: 4, callFrame: callFrame({ name: '(program)' }) },
    {
      id: 5,
      callFrame: callFrame({ name: 'append', url: 'file:///house/src/log/log%20a.ts', line: 41 }),
      children: [6, 7, 8, 9],
      positionTicks: [
        { line: 44, ticks: 1 },
        { line: 50, ticks: 3 },
        // Of other functions, which were put into this one.
        { line: 41, ticks: 5 },
        { line: 112, ticks: 7 },
      ],
    },
    { id: 6, callFrame: callFrame({ name: 'writeSync', url: 'node:fs', line: 942 }) },
    { id: 7, callFrame: callFrame({ name: 'writeBuffer' }) },
    { id: 8, callFrame: callFrame({ name: 'read0', scriptId: '99', line: 2 }) },
    { id: 9, callFrame: callFrame({ name: '', url: 'file:///house/node_modules/avsc/a.js' }) },
  ],
  startTime: 0,
  endTime: 4_500_000,
  samples: [2, 3, 4, 5, 6, 7, 8, 9, 5, 2],
  // The first is of the time before the first sample, each other one of the node before it.
  timeDeltas: [7, 1_000_000, 200_000, 300_000, 400_000, 500_000, 600_000, 700_000, 800_000, -500_000],
}

describe('a profile of V8', () => {
  test('time is of the node that was sampled last, by kind; idle time is apart', () => {
    const profile = parseCpuProfile(cpuProfile, '/house')
    assert.equal(profile.idle, 1)
    const kinds = Object.fromEntries([...weightByKind(profile)].map(([kind, sum]) => [kind, sum.toFixed(3)]))
    assert.deepEqual(kinds, {
      own: '1.100',
      package: '0.800',
      node: '0.500',
      native: '0.900',
      kernel: '0.000',
      gc: '0.200',
    } satisfies typeof kinds)
  })

  test('a place is short and counts lines from 1; what was generated has no file', () => {
    const shares = functionShares(parseCpuProfile(cpuProfile, '/house'))
    const append = shares.find(({ frame }) => frame.name === 'append')
    assert.equal(append?.frame.place, 'src/log/log a.ts:42')
    assert.deepEqual([append?.self.toFixed(2), append?.total.toFixed(2)], ['0.40', '3.00'])
    assert.deepEqual([append?.mostly?.place, append?.mostly?.part.toFixed(2)], ['line 50', '0.19'])
    assert.deepEqual(shares.find(({ frame }) => frame.name === 'read0')?.frame, {
      kind: 'own',
      name: 'read0',
      place: 'generated:3',
    })
    assert.equal(shares.find(({ frame }) => frame.kind === 'package')?.frame.name, '(anonymous)')
    const written = shares.find(({ frame }) => frame.name === 'writeBuffer')
    assert.deepEqual(written?.mostly, { place: 'append src/log/log a.ts:42', part: 1 })
  })

  test('what is no profile, or no tree, is refused', () => {
    const one = { id: 1, callFrame: callFrame({ name: 'f' }) }
    const wrong: readonly unknown[] = [
      undefined,
      [],
      {},
      { nodes: 3, samples: [], timeDeltas: [] },
      { nodes: [{ id: 1 }], samples: [], timeDeltas: [] },
      { nodes: [one], samples: [2], timeDeltas: [0] },
      { nodes: [{ ...one, children: [9] }], samples: [], timeDeltas: [] },
      // Two parents of one node.
      {
        nodes: [
          { ...one, children: [2, 3] },
          { ...one, id: 2, children: [4] },
          { ...one, id: 3, children: [4] },
          { ...one, id: 4 },
        ],
        samples: [],
        timeDeltas: [],
      },
    ]
    for (const json of wrong) assert.throws(() => parseCpuProfile(json, '/house'), ProfileError, JSON.stringify(json))
  })

  test('allocations are bytes by function', () => {
    const leaf = (name: string, selfSize: number, url = '') => ({
      callFrame: callFrame({ name, url }),
      selfSize,
      children: [],
    })
    const head = {
      ...leaf('(root)', 0),
      children: [
        { ...leaf('handle', 100, 'file:///house/src/a.ts'), children: [leaf('push', 20)] },
        leaf('(EXTERNAL)', 3),
        leaf('idle', 0),
      ],
    }
    const profile = parseHeapProfile({ head }, '/house')
    assert.deepEqual([weightOf(profile), profile.stacks.length], [123, 3])
    assert.deepEqual(
      functionShares(profile).map(({ frame, self, total }) => [frame.kind, frame.name, self, total]),
      [
        ['own', 'handle', 100, 120],
        ['native', 'push', 20, 20],
        ['native', 'external: outside of JavaScript', 3, 3],
      ],
    )
    assert.throws(() => parseHeapProfile({}, '/house'), ProfileError)
  })
})

describe('the text of perf', () => {
  const sample = (...frames: readonly string[]): string =>
    ['node  4711 ', ...frames.map((it) => `\t ${it}`), '\n'].join('\n')
  const script = [
    sample(
      'ffffffff8123 vfs_write+0x12 ([kernel.kallsyms])',
      '7fff00001234 __write+0x4f (/lib/x86_64-linux-gnu/libc.so.6)',
      "12abc JS:*'append file:///house/src/log/log.ts:42:7+0x123 (/tmp/perf-4711.map)",
      'fff0 [unknown] ([unknown])',
    ),
    sample(
      'ffffffff9999 vfs_write+0x77 ([kernel.kallsyms])',
      '7fff00001299 __write+0x4f (/lib/x86_64-linux-gnu/libc.so.6)',
      "12abd JS:*'append file:///house/src/log/log.ts:42:7+0x321 (/tmp/perf-4711.map)",
    ),
    sample(
      'ffffffff9999 vfs_write+0x9 ([kernel.kallsyms])',
      '7fff00001299 __write+0x1 (/lib/x86_64-linux-gnu/libc.so.6)',
      "12abd JS:*'append file:///house/src/log/log.ts:42:7+0x321 (/tmp/perf-4711.map)",
    ),
    sample(
      '111 v8::internal::JSObject::Copy(int, long) const+0x1 (/opt/node)',
      '222 v8::internal::Heap::CollectGarbage(v8::internal::AllocationSpace, int)+0x2 (/opt/node)',
      '333 JS:~read0 :3:9+0x1 (/tmp/perf-4711.map)',
    ),
    sample('666 [unknown] (/opt/crc32.linux-x64-gnu.node)', '777 [unknown] (/tmp/perf-4711.map)'),
    sample('444 nf_hook_slow+0x1 ([nf_tables])', '555 JS:+<anonymous> node:net:12:1+0x1 (/tmp/perf-4711.map)'),
  ].join('')

  test('samples are frames by kind, the same stack counts up, and a collection is one to its tip', () => {
    const profile = parsePerfScript(script, { folder: '/house', frequency: 10 })
    assert.equal(weightOf(profile).toFixed(3), '0.600')
    const [first, second, third] = profile.stacks
    assert.deepEqual([first?.weight, second?.weight], [0.1, 0.2])
    assert.deepEqual(second?.frames, [
      native('thread node'),
      { kind: 'own', name: 'append', place: 'src/log/log.ts:42' },
      native('__write'),
      { kind: 'kernel', name: 'vfs_write', place: '' },
    ])
    assert.deepEqual(
      third?.frames.map(({ kind, name }) => `${kind} ${name}`),
      ['native thread node', 'own read0', 'gc v8::internal::Heap::CollectGarbage', 'gc v8::internal::JSObject::Copy'],
    )
    assert.deepEqual(profile.stacks[4]?.frames.at(-1), { kind: 'kernel', name: 'nf_hook_slow', place: '' })
    assert.deepEqual(profile.stacks[3]?.frames, [native('thread node'), native('in crc32.linux-x64-gnu.node')])
    assert.equal(profile.stacks[4]?.frames[1]?.place, 'node:net:12')
    const again = parsePerfScript(script + script, { folder: '/house', frequency: 10 })
    assert.deepEqual([again.stacks.length, again.stacks[1]?.weight], [5, 0.4])
  })

  test('of code in one place the newest has the name', () => {
    const old = ['1000 100 JS:~a', '1100 80 JS:~b', '1200 100 JS:~c', '2000 10 JS:~d']
    const map = [...old, '10f0 20 JS:*new', '1200 40 JS:*c', '3000 1', 'Warning', '4000 20 JS:*cut'].join('\n')
    assert.equal(newestPieces(map), '10f0 20 JS:*new\n1200 40 JS:*c\n2000 10 JS:~d\n4000 20 JS:*cut\n')
    assert.equal(newestPieces(`${old.join('\n')}\n`), `${old.join('\n')}\n`)
    assert.equal(newestPieces(''), '')
  })

  test('nothing is an empty profile', () => {
    assert.deepEqual(parsePerfScript('', { folder: '/house', frequency: 10 }).stacks, [])
  })
})

describe('reports', () => {
  const profile = profileOf(
    [
      { frames: [own('outer'), own('inner'), own('outer')], weight: 1 },
      { frames: [own('outer'), native('a<b>&"c"')], weight: 3, lines: new Map([[7, 3]]) },
    ],
    4,
  )

  test('a function that called itself counts once', () => {
    assert.deepEqual(
      functionShares(profile).map(({ frame, self, total }) => [frame.name, self, total]),
      [
        ['a<b>&"c"', 3, 3],
        ['outer', 1, 4],
        ['inner', 0, 1],
      ],
    )
  })

  test('the table has the sums, the requests, and no more rows than are read', () => {
    const text = profileTable({ profile, requests: 2_000_000 })
    assert.match(text, /^busy 4\.00 s; idle 4\.00 s \(50\.0 %\); 2\.00 us a request of 2000000$/m)
    assert.match(text, /^JavaScript, ours 25\.0 %; .*native 75\.0 %; kernel 0\.00 %/m)
    assert.match(text, /^75\.0 % +75\.0 % +native +a<b>&"c" +from outer src\/outer\.ts:1 \(100\.0 %\)$/m)
    assert.doesNotMatch(text, /inner|system calls/)
    const many = profileOf(Array.from({ length: 100 }, (_, i) => ({ frames: [own(`f${i}`)], weight: 1 })))
    assert.equal(profileTable({ profile: many, requests: undefined }).match(/ own /g)?.length, rowsMax)
    const bytes: Profile = { unit: 'bytes', stacks: [{ frames: [own('f')], weight: 3e6 }], idle: 0 }
    assert.match(
      profileTable({ profile: bytes, requests: 1000 }),
      /^3\.0 MB allocated \(sampled\); 3000 bytes a request/,
    )
    assert.match(profileTable({ profile: profileOf([]), requests: 1 }), /^Nothing was sampled/)
  })

  test('system calls are told, by the function that serves them', () => {
    const kernel = (...names: readonly string[]): readonly Frame[] =>
      names.map((name) => ({ kind: 'kernel', name, place: '' }))
    const text = profileTable({
      profile: profileOf([
        { frames: kernel('do_syscall_64', '__x64_sys_pwrite64', 'vfs_write'), weight: 1 },
        { frames: kernel('do_syscall_64', 'x64_sys_call', 'ksys_write'), weight: 2 },
        { frames: kernel('do_syscall_64'), weight: 1 },
        { frames: [own('f')], weight: 4 },
      ]),
      requests: undefined,
    })
    assert.match(text, /^system calls: write 25\.0 %; pwrite64 12\.5 %$/m)
  })

  test('the picture is one SVG: a title and a searchable text for each frame, as wide as its weight', () => {
    const svg = flameGraph({ title: 'a & b', profile })
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
    assert.doesNotMatch(svg, /<script|href|a<b>/)
    assert.match(
      svg,
      /<title>outer src\/outer\.ts:1 \(JavaScript, ours\): 100\.0 %, 4\.00 s<\/title><rect x="0\.00" y="\d+" width="1600\.00"/,
    )
    assert.match(
      svg,
      /<title>a&lt;b&gt;&amp;&quot;c&quot; \(native\): 75\.0 %, 3\.00 s<\/title><rect x="0\.00" y="\d+" width="1200\.00"/,
    )
    assert.match(svg, /<title>inner [^<]*: 25\.0 %, 1\.00 s<\/title><rect x="1200\.00" y="\d+" width="400\.00"/)
    assert.match(svg, /<text x="3" y="12">a&lt;b&gt;&amp;&quot;c&quot;<\/text>/)
    for (const tag of ['svg', 'g', 'title', 'text']) {
      assert.equal(
        svg.match(new RegExp(`<${tag}[ >]`, 'g'))?.length,
        svg.match(new RegExp(`</${tag}>`, 'g'))?.length,
        tag,
      )
    }
  })

  test('what nobody can see is not drawn', () => {
    const tiny = profileOf([
      { frames: [own('big')], weight: 1 },
      { frames: [own('tiny')], weight: 1e-4 },
    ])
    assert.doesNotMatch(flameGraph({ title: '', profile: tiny }), /tiny/)
  })
})
