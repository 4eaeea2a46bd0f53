/** The door of `sim`: the world from a seed. */
export { SeededRandom, SeededStream } from './random.ts'
export { CallEvent, Life, Scheduler, SimEvent, type Turn } from './scheduler.ts'
export { SimClock, type Skew } from './sim-clock.ts'
export { type DiskFaults, noDiskFaults, SimDisk, SimVolume } from './sim-disk.ts'
