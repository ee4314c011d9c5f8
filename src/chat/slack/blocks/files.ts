import type { CardFile } from '../../../core/card.js'
import {
  detailTitle,
  type Files,
  type FilesWriting,
  filesOf,
  type Held,
  wholeOf,
} from '../../message/files.js'
import { clip } from '../../text.js'
import { mrkdwn } from './escape.js'

const WRITING: FilesWriting = { line: lineAbout, characters: 700, gap: 0 }

/** The files that go along with a message. */
export function slackFiles(given: readonly CardFile[]): Files {
  return filesOf(given, WRITING)
}

function lineAbout({ file, holds, titles }: Held): string {
  const what = titles.length === 0 ? holds : wholeOf(titles.map(detailTitle))
  return `📎 ${mrkdwn(clip(file.name, 80))}${what === '' ? '' : `: ${mrkdwn(clip(what, 300))}`}`
}
