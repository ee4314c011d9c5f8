import { describe, expect, it } from '@jest/globals'
import { heardBefore } from '../../../src/chat/discord/again.js'

describe('what was heard before', () => {
  it('is known, and forgotten when much else was heard since', () => {
    const again = heardBefore(3)
    expect(['1', '2', '1', '3', '4', '1'].map(again)).toEqual([false, false, true, false, false, false])
  })
})
