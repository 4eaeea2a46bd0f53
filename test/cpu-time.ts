/** What `run` costs this process, whatever else runs on the machine: for work that must not grow with the square of a request. */
export function cpuMsOf(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
