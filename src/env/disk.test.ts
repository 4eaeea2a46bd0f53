import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { diskCases } from './disk-cases.ts'
import { createEnv } from './index.ts'

for (const kind of ['system', 'memory'] as const) {
  for (const [name, run] of Object.entries(diskCases)) {
    test(`${kind} disk: ${name}`, async () => {
      const { disk } = createEnv({ disk: kind })
      const root = kind === 'system' ? await mkdtemp(`${tmpdir()}/odradek-`) : '/root'
      await disk.makeDirectory(root)
      try {
        await run(disk, root)
      } finally {
        if (kind === 'system') await rm(root, { recursive: true })
      }
    })
  }
}
