#!/usr/bin/env node
// In a clone this first builds what is missing; in an installed package everything is there.
import { existsSync } from 'node:fs'

if (existsSync(new URL('../src/main.ts', import.meta.url))) (await import('../scripts/ready.mjs')).ready()
const { main } = await import('../dist/main.js')
await main(process.argv.slice(2))
