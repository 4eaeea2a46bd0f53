// Preloaded: the first process takes itself for an older Node, the one that it starts does not.
if (process.env.ODRADEK_RESTARTED === undefined) {
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })
}
