import type { SurveyRow } from './survey.js'

/** The rows as a table of Markdown. */
export function surveyTable(rows: readonly SurveyRow[]): string {
  const head = ['fault', 'struck', 'pings answered meanwhile', 'works again', 'the kernel says']
  const lines = rows.map(({ fault, struck, answered, recovery, said }) => [
    `\`${fault}\``,
    String(struck),
    answered,
    recovery,
    said.length === 0
      ? 'nothing'
      : said.map((line) => `\`${line.replaceAll('|', '/').replaceAll('`', "'")}\``).join('<br>'),
  ])
  const all = [head, head.map(() => '---'), ...lines]
  return all.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
