import base from './jest.config.js'

/** Kills, races and faults; slower than `npm test` allows. */
/** @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/test/soak/**/*.soak.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 1_200_000,
  maxWorkers: 2,
}
