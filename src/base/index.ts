/** The door of `base`: what every room may use. */
export * from './api-error.ts'
export * from './assert.ts'
export * from './env.ts'
export * from './file-region.ts'
export * from './reader.ts'
export * from './uuid.ts'
export * from './writer.ts'
