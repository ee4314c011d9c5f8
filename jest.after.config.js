import base from './jest.config.js'

/** What is looked at when all other tests have run: what they wrote, printed and sent. */
/** @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/test/after/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
}
