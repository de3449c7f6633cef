const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/s
const OPENING_FENCE = /^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$/s
const OPENING_MARKER = /^<!-- contents( .*)? -->$/s
const CLOSING_MARKER = '<!-- /contents -->'

/** The headings of a document in Markdown: an array of {line, level, text, id}. */
export function headings(document) {
  return read(document.split(/\r?\n/)).headings
}

/** The document with an up-to-date table of contents between its markers. */
export function updateContents(document) {
  const ends = document.match(/\r?\n/g) ?? []
  const lines = document.split(/\r?\n/)
  const { headings, opening, closing, from, to } = read(lines)
  if (opening === undefined) return document
  const listed = headings.filter(({ line, level }) => line > closing + 1 && level >= from && level <= to)
  const entries = entriesOf(listed)
  const inserted = entries.length ? ['', ...entries, ''].map((entry) => entry + ends[opening]) : []
  const whole = (line, at) => line + (ends[at] ?? '')
  return [
    ...lines.slice(0, opening + 1).map(whole),
    ...inserted,
    ...lines.slice(closing).map((line, at) => whole(line, closing + at)),
  ].join('')
}

// Goes through the lines once. `opening` and `closing` are the indexes of the markers.
function read(lines) {
  const found = []
  let [opening, closing, options, fence] = []
  lines.forEach((line, at) => {
    if (opening !== undefined && closing === undefined) {
      if (line.trim() === CLOSING_MARKER) closing = at
    } else if (fence) {
      if (closes(line, fence)) fence = undefined
    } else if (OPENING_FENCE.test(line)) {
      const [, backticks, tildes] = OPENING_FENCE.exec(line)
      fence = backticks ?? tildes
    } else if (line.trim() === CLOSING_MARKER) {
      throw new Error(`line ${at + 1}: a closing marker without an opening one`)
    } else if (OPENING_MARKER.test(line.trim())) {
      if (opening !== undefined) throw new Error(`line ${at + 1}: a second opening marker`)
      opening = at
      options = parseOptions(OPENING_MARKER.exec(line.trim())[1] ?? '', at + 1)
    } else if (HEADING.test(line)) found.push(parseHeading(line, at + 1))
  })
  if (opening !== undefined && closing === undefined) throw new Error('the opening marker has no closing one')
  return { headings: withIds(found), opening, closing, ...options }
}

function closes(line, fence) {
  const [, run] = /^ {0,3}(`+|~+)[ \t]*$/.exec(line) ?? []
  return run !== undefined && run[0] === fence[0] && run.length >= fence.length
}

function parseOptions(text, line) {
  const options = {}
  for (const option of text.split(' ').filter(Boolean)) {
    const [, name, level] = /^(from|to)=([1-6])$/.exec(option) ?? []
    if (name === undefined || name in options) throw new Error(`line ${line}: wrong option ${option}`)
    options[name] = Number(level)
  }
  const { from = 2, to = 3 } = options
  if (from > to) throw new Error(`line ${line}: from is greater than to`)
  return { from, to }
}

function parseHeading(line, number) {
  const [, marks, rest = ''] = HEADING.exec(line)
  const open = rest.trim().replace(/(^|[ \t]+)#+$/, '').trim()
  const [, id] = /\{#([A-Za-z0-9_-]+)\}$/.exec(open) ?? []
  const text = (id === undefined ? open : open.slice(0, -(id.length + 3)))
    .replace(/!\[[^[\]]*\]\([^()]*\)/g, '')
    .replace(/\[([^[\]]*)\]\([^()]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
  return { line: number, level: marks.length, text, id }
}

function withIds(found) {
  const used = new Set()
  for (const { id, line } of found) {
    if (used.has(id)) throw new Error(`line ${line}: the id ${id} is used twice`)
    if (id !== undefined) used.add(id)
  }
  return found.map((heading) => {
    if (heading.id !== undefined) return heading
    const base = slug(heading.text)
    let id = base
    for (let number = 2; used.has(id); number += 1) id = `${base}-${number}`
    used.add(id)
    return { ...heading, id }
  })
}

function slug(text) {
  const kept = text.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, '')
  return kept.replace(/[ -]+/g, '-').replace(/^-|-$/g, '') || 'section'
}

function entriesOf(listed) {
  const ancestors = []
  return listed.map(({ level, text, id }) => {
    while (ancestors.length && ancestors.at(-1) >= level) ancestors.pop()
    const indentation = '  '.repeat(ancestors.length)
    ancestors.push(level)
    return `${indentation}- [${(text || id).replace(/[\\[\]]/g, '\\$&')}](#${id})`
  })
}
