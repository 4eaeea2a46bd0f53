/** The door of `sim`: the world from a seed. */
export { SeededRandom, SeededStream } from './random.ts'
export { CallEvent, Life, Scheduler, SimEvent, type Turn } from './scheduler.ts'
export { SimClock, type Skew } from './sim-clock.ts'
export { type DiskFaults, noDiskFaults, SimDisk, SimVolume } from './sim-disk.ts'
export { type LogLine, World, type WorldOptions } from './sim-env.ts'
export { type NetworkFaults, noNetworkFaults } from './sim-link.ts'
export { SimFabric, SimNetwork } from './sim-network.ts'
