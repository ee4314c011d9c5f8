import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from '@jest/globals'

const FOLDER = new URL('../../golden/console/', import.meta.url)

/** Compares text with the committed file of that name; `UPDATE_GOLDEN=1` writes it anew. */
export function expectGolden(name: string, text: string): void {
  const file = new URL(name, FOLDER)
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(file, text)
  }
  expect(existsSync(file)).toBe(true)
  expect(text).toBe(readFileSync(file, 'utf8'))
}
