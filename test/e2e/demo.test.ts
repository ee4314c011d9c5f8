import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { freshDirectory, run } from '../support/program.js'

const LINES = 'status\nls\nshow web-01\ntask ls\nhlep\nexit\n'

describe('the demo, with commands on a pipe', () => {
  it('answers each and ends with 0', async () => {
    const ran = await run(['demo'], { input: LINES })

    expect(ran).toMatchObject({ status: 0 })
    const [first] = ran.stdout.split('\n')
    expect(first).toMatch(/^demo: quorate, 3 of 3 nodes online, \d+ guests \(\d+ running\)$/)
    expect(ran.stdout).toMatch(/^\s*web-01\s+101\s+running/m)
    expect(ran.stdout).toContain('web-01 (VM 101) is running on pve1')
    expect(ran.stdout).toMatch(/Did you mean `help`/)
    expect(ran.stdout).not.toContain('\u001b')
  })

  it('reads to the end of the pipe without `exit`, skips blank lines and comments', async () => {
    const ran = await run(['demo'], { input: '\n# nothing\nls pools\n' })

    expect(ran.status).toBe(0)
    expect(ran.stdout).toContain('production')
  })
})

describe('a demo with a home of its own', () => {
  it('is shared by two at once, ends with the last, and goes on from there', async () => {
    const home = freshDirectory()
    const facts = join(home, '.proxmox/simulator/running.json')

    const both = await Promise.all([
      run(['demo', '--home', home], { input: 'status\n' }),
      run(['demo', '--home', home], { input: 'status\n' }),
    ])
    const port = () => JSON.parse(readFileSync(facts, 'utf8')).endpoint
    const endpoint = port()
    const again = await run(['demo', '--home', home], { input: 'status\nhistory\n' })

    expect(both.map(({ status }) => status)).toEqual([0, 0])
    expect(again).toMatchObject({ status: 0 })
    expect(again.stdout).toContain('3 of 3 nodes online')
    expect(port()).toBe(endpoint)
    expect(existsSync(join(home, 'terraform'))).toBe(true)
  })

  it('refuses the home of real clusters', async () => {
    const home = freshDirectory()
    await run(['demo', '--home', home], { input: '' })
    const config = join(home, '.proxmox/config.yml')
    writeFileSync(config, readFileSync(config, 'utf8').replace('demo: true', 'demo: false'))

    const ran = await run(['demo', '--home', home], { input: 'status\n' })

    expect(ran.status).toBe(2)
    expect(ran.stderr).toContain('home_exists')
  })

  it('says that it cannot be written where a file is in the way', async () => {
    const home = join(freshDirectory(), 'file')
    writeFileSync(home, '')

    const ran = await run(['demo', '--home', home], { input: 'status\n' })

    expect(ran.status).toBe(1)
    expect(ran.stderr).toContain('[home_unwritable]')
  })

  it('goes on when its simulator is killed: stored answers, then a new one', async () => {
    const home = freshDirectory()
    await run(['demo', '--home', home], { input: 'status\n' })
    const pid = () => JSON.parse(readFileSync(join(home, '.proxmox/simulator/running.json'), 'utf8')).pid
    const before = pid()
    process.kill(before, 'SIGKILL')

    const again = await run(['demo', '--home', home], { input: 'status\n' })

    expect(again.stdout).toContain('3 of 3 nodes online')
    expect(pid()).not.toBe(before)
  })
})
