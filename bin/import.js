/**
 * What `import 'odradek'` loads: it says which Node is needed before anything is read that an old one does not
 * understand. Not by `await import`, for then nobody could `require` it. The names are those of `src/stack/index.ts`.
 */
import { createRequire } from 'node:module'
import { entryOf, findNode, howToGet, isNodeNewEnough, need } from './needed-node.js'

if (!isNodeNewEnough) {
  const node = findNode()
  throw new Error(`${need}. ${node ? `npm brought one, which npm scripts and \`npx node\` use: ${node}` : howToGet()}`)
}

const stack = createRequire(import.meta.url)(entryOf('stack'))

export const checkRegistry = stack.checkRegistry
export const keepNodeRegistry = stack.keepNodeRegistry
export const layered = stack.layered
export const ListenError = stack.ListenError
export const serverDefaults = stack.serverDefaults
export const startBroker = stack.startBroker
export const startConfiguredRegistry = stack.startConfiguredRegistry
export const startServer = stack.startServer
export const testDefaults = stack.testDefaults
export const tlsOptions = stack.tlsOptions
export const withOwnListener = stack.withOwnListener
