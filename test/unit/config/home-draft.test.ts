import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { HomeDraft, homePaths } from '../../../src/config/home.js'
import { freshDirectory } from '../../support/program.js'

function begun() {
  const paths = homePaths(join(freshDirectory(), 'home'))
  const ignored = join(paths.proxmox, '.gitignore')
  const tool = join(paths.home, 'terraform', 'demo')
  const secret = join(paths.secrets, 'demo-read')
  const draft = new HomeDraft(paths)
  draft.directory(paths.secrets, 0o700)
  draft.directory(tool)
  draft.fileIfAbsent(ignored, 'secrets/\n')
  draft.file(secret, 'mine\n', 0o600)
  return { paths, draft, ignored, tool, secret }
}

describe('the draft of a home', () => {
  it('leaves nothing when it is undone', () => {
    const { paths, draft } = begun()

    draft.undo()

    expect(existsSync(paths.home)).toBe(false)
  })

  it('leaves a home that another process finished, and what that one found there', () => {
    const { paths, draft, ignored, tool, secret } = begun()
    const other = new HomeDraft(paths)
    other.directory(tool)
    other.fileIfAbsent(ignored, 'secrets/\n')
    other.file(paths.config, 'theirs')

    expect(() => draft.file(`${paths.config}/below`, 'mine')).toThrow()
    draft.undo()

    expect(readFileSync(paths.config, 'utf8')).toBe('theirs')
    expect([ignored, tool, secret].map(existsSync)).toEqual([true, true, false])
  })

  it('puts back what it replaced, and takes away what it added to a home that stood', () => {
    const { paths, draft, tool } = begun()
    draft.file(paths.config, 'before')
    const second = new HomeDraft(paths)
    second.directory(join(paths.home, 'terraform', 'lab'))
    second.file(paths.config, 'after')

    second.undo()

    expect(readFileSync(paths.config, 'utf8')).toBe('before')
    expect([tool, join(paths.home, 'terraform', 'lab')].map(existsSync)).toEqual([true, false])
  })
})
