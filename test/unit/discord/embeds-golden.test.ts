import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { PICTURES } from './embeds-cards.js'

const FOLDER = new URL('../../golden/discord/', import.meta.url)

/** `UPDATE_GOLDEN=1` writes them anew. */
describe('cards as they leave for Discord', () => {
  it.each(Object.entries(PICTURES))('%s', (name, { drawn }) => {
    const file = new URL(`${name}.json`, FOLDER)
    const text = `${JSON.stringify(drawn, null, 2)}\n`
    if (process.env.UPDATE_GOLDEN === '1') {
      mkdirSync(FOLDER, { recursive: true })
      writeFileSync(file, text)
    }
    expect(existsSync(file)).toBe(true)
    expect(text).toBe(readFileSync(file, 'utf8'))
  })
})
