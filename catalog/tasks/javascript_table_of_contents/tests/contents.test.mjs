import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headings, updateContents } from '../contents.mjs'

const [OPEN, CLOSE] = ['<!-- contents -->', '<!-- /contents -->']
const document = (...lines) => lines.join('\n')
const found = (...lines) => headings(document(...lines)).map(({ line, level, text, id }) => [line, level, text, id])
const texts = (...lines) => headings(document(...lines)).map(({ text }) => text)
const ids = (...lines) => headings(document(...lines)).map(({ id }) => id)

// The entries of a table whose headings are these lines.
function entries(lines, opening = OPEN) {
  const updated = updateContents(document(opening, CLOSE, ...lines)).split('\n')
  const table = updated.slice(1, updated.indexOf(CLOSE))
  assert.deepEqual(updated.slice(table.length + 1), [CLOSE, ...lines])
  if (!table.length) return []
  assert.deepEqual([table[0], table.at(-1)], ['', ''])
  return table.slice(1, -1)
}

test('headings have levels, texts and lines', () => {
  assert.deepEqual(found('# One', 'text', '   ###### Six \t', '##\tTab', '', '##', '# '), [
    [1, 1, 'One', 'one'],
    [3, 6, 'Six', 'six'],
    [4, 2, 'Tab', 'tab'],
    [6, 2, '', 'section'],
    [7, 1, '', 'section-2'],
  ])
})

test('other lines are no headings', () => {
  const others = ['#hash', '####### seven', '    # code', '\t# code', 'a # b', '\\# c', 'Title', '=====', '> # quoted']
  assert.deepEqual(found(...others, '- # item', '# Yes'), [[11, 1, 'Yes', 'yes']])
})

test('closing marks are dropped', () => {
  assert.deepEqual(texts('## A ##', '## B #####  ', '# C#', '# D # #', '## ##', '# # E', '# F\t#'), [
    'A', 'B', 'C#', 'D #', '', '# E', 'F',
  ])
})

test('code between fences has no headings', () => {
  assert.deepEqual(texts('```js', '# no', '```', '# A', '   ~~~~', '# no', '~~~', '`````', '~~~~~ ', '# B'), ['A', 'B'])
  assert.deepEqual(texts('````', '# no', '```', '# no', '    ````', '# no', '```` x', '# no', '`````', '# C'), ['C'])
  assert.deepEqual(texts('``` a`b', '# D', '    ```', '# E', '``', '# F', '~~~ a`b', '# no', '~~~', '# G'), [
    'D', 'E', 'F', 'G',
  ])
  assert.deepEqual(texts('# H', '~~~', '# no', '', '# no'), ['H'])
})

test('texts are freed of markup', () => {
  assert.deepEqual(texts(
    '# The `run` *and* **stop**  commands',
    '# See [the docs](https://example.org/a#b) and [more]()',
    '# ![logo](a.png) Title',
    '# [![badge](b.svg)](c) x',
    '# snake_case [brackets] (round) <b>',
  ), [
    'The run and stop commands',
    'See the docs and more',
    'Title',
    'x',
    'snake_case [brackets] (round) <b>',
  ])
})

test('ids are made of letters, digits, underscores and hyphens', () => {
  assert.deepEqual(ids(
    "# What's NEW in 2.0?", '# a - b', '# --x--', '# Größe & Übermaß', '# 日本 語', '# snake_case', '# !?', '# A/B',
    '# ²x \u0301',
  ), ['whats-new-in-20', 'a-b', 'x', 'größe-übermaß', '日本-語', 'snake_case', 'section', 'ab', '²x'])
})

test('ids that are taken get the next free number', () => {
  assert.deepEqual(ids('# A', '# A', '# A 2', '# a', '# A-2', '# A'), ['a', 'a-2', 'a-2-2', 'a-3', 'a-2-3', 'a-4'])
  assert.deepEqual(ids('# constructor', '# Constructor'), ['constructor', 'constructor-2'])
})

test('explicit ids are kept and reserved', () => {
  const own = ['# Intro', '## Start here {#intro} ##', '# X{#Up_1-x}', '# Up_1-x', '# {#only}']
  assert.deepEqual(found(...own, '# Y {#a b}', '# Z {#z}z'), [
    [1, 1, 'Intro', 'intro-2'],
    [2, 2, 'Start here', 'intro'],
    [3, 1, 'X', 'Up_1-x'],
    [4, 1, 'Up_1-x', 'up_1-x'],
    [5, 1, '', 'only'],
    [6, 1, 'Y {#a b}', 'y-a-b'],
    [7, 1, 'Z {#z}z', 'z-zz'],
  ])
  assert.throws(() => headings('# A {#x}\n# B {#x}'), Error)
  assert.throws(() => updateContents('# A {#x}\n# B {#x}'), Error)
})

test('the table lists levels 2 and 3 and is indented by ancestors', () => {
  const lines = ['# Title', '### Deep', '## One', '### In one', '#### Too deep', '### More', '## Two']
  assert.deepEqual(entries(lines), [
    '- [Deep](#deep)', '- [One](#one)', '  - [In one](#in-one)', '  - [More](#more)', '- [Two](#two)',
  ])
})

test('options of the marker choose the levels', () => {
  const lines = ['# A', '## B', '#### C', '### D', '###### E', '# F']
  assert.deepEqual(entries(lines, '<!-- contents from=1 to=6 -->'), [
    '- [A](#a)', '  - [B](#b)', '    - [C](#c)', '    - [D](#d)', '      - [E](#e)', '- [F](#f)',
  ])
  assert.deepEqual(entries(lines, '  <!-- contents to=4  from=4 -->\t'), ['- [C](#c)'])
  assert.deepEqual(entries(lines, '<!-- contents from=3 -->'), ['- [D](#d)'])
  const wrong = ['from=0', 'to=7', 'from=4', 'from=3 to=2', 'depth=3', 'to=3 to=3', 'to', 'from=1,to=2', 'to=03']
  for (const options of wrong) {
    assert.throws(() => updateContents(document(`<!-- contents ${options} -->`, CLOSE)), Error, options)
  }
})

test('entries escape brackets and backslashes, and empty texts show ids', () => {
  assert.deepEqual(entries(['## a[0] \\ b', '##', '## [x](y) {#Z}']), [
    '- [a\\[0\\] \\\\ b](#a0-b)', '- [section](#section)', '- [x](#Z)',
  ])
})

test('only what follows is listed, but all headings count for ids', () => {
  const before = ['## Same', '```', OPEN, '```', '## Before', ` ${OPEN}`, '## Old', '```', '# Old', OPEN, `${CLOSE}  `]
  const after = ['## Same', '## Old', '~~~', CLOSE, '~~~', '']
  assert.equal(updateContents(document(...before, ...after)), document(
    ...before.slice(0, 6), '', '- [Same](#same-2)', '- [Old](#old)', '', `${CLOSE}  `, ...after,
  ))
  assert.deepEqual(ids(...before, ...after), ['same', 'before', 'same-2', 'old'])
})

test('a table without entries is empty', () => {
  const expected = document('a', OPEN, CLOSE, '# Title', '#### D', '')
  assert.equal(updateContents(document('a', OPEN, '', '- [Old](#old)', '', CLOSE, '# Title', '#### D', '')), expected)
})

test('documents without a table stay, and wrong markers are refused', () => {
  for (const text of ['# A\r\n## B\n', '', `~~~\n${OPEN}`, '<!-- contentsx -->', '<!--contents-->', `x ${OPEN}`]) {
    assert.equal(updateContents(text), text)
  }
  const open = [[OPEN], [CLOSE, OPEN], [OPEN, '```', CLOSE, OPEN]]
  for (const lines of [...open, [CLOSE], [OPEN, CLOSE, CLOSE], [OPEN, CLOSE, OPEN, CLOSE]]) {
    assert.throws(() => updateContents(document(...lines)), Error)
    assert.throws(() => headings(document(...lines)), Error)
  }
})

test('line ends are kept, and new ones are like that of the opening marker', () => {
  const text = `a\n${OPEN}\r\nold\n${CLOSE}\n## B\r\n## C \r \r\n\r\n\n`
  const updated = `a\n${OPEN}\r\n\r\n- [B](#b)\r\n- [C](#c)\r\n\r\n${CLOSE}\n## B\r\n## C \r \r\n\r\n\n`
  assert.equal(updateContents(text), updated)
  assert.equal(updateContents(updated), updated)
})

function randomNumbers(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('random documents', () => {
  const random = randomNumbers(9)
  const pick = (list) => list[random(list.length)]
  const decorations = [(word) => word, (word) => `*${word}*`, (word) => `\`${word}\``, (word) => `[${word}](u/${word})`]
  for (let round = 0; round < 60; round += 1) {
    const [before, after, expected, wanted] = [[], [], [], []]
    const explicit = new Set(['run', 'stop-2'].filter(() => random(2)))
    const reserved = new Set(explicit)
    const free = [...explicit]
    for (let block = 0; block < 14; block += 1) {
      const lines = block < 4 ? before : after
      const kind = random(6)
      if (kind === 0) lines.push('~~~~', '# no', '~~~', '## no', '~~~~')
      else if (kind === 1) lines.push('text', '#no', '    # no')
      else {
        const level = 1 + random(4)
        const words = Array.from({ length: 1 + random(2) }, () => pick(['Run', 'stop', '2']))
        const shown = words.map((word) => pick(decorations)(word)).join(pick([' ', '  ']))
        const own = kind === 2 && free.length ? free.pop() : ''
        lines.push(`${' '.repeat(random(4))}${'#'.repeat(level)} ${shown}${own && ` {#${own}}`}${pick(['', ' ##'])}`)
        wanted.push({ level, text: words.join(' '), own, listed: block >= 4 && level > 1 && level < 4 })
      }
    }
    for (const unused of free) {
      after.push(`# x {#${unused}}`)
      wanted.push({ level: 1, text: 'x', own: unused, listed: false })
    }
    const parents = []
    for (const heading of wanted) {
      const base = heading.text.toLowerCase().replace(' ', '-')
      const options = [base, ...Array.from({ length: 20 }, (_, at) => `${base}-${at + 2}`)]
      const id = heading.own || options.find((option) => !reserved.has(option))
      reserved.add(id)
      if (!heading.listed) continue
      const nested = heading.level === 3 && parents.some((level) => level === 2)
      parents.push(heading.level)
      expected.push(`${nested ? '  ' : ''}- [${heading.text}](#${id})`)
    }
    const table = expected.length ? ['', ...expected, ''] : []
    assert.equal(
      updateContents(document(...before, OPEN, 'old', CLOSE, ...after)),
      document(...before, OPEN, ...table, CLOSE, ...after),
    )
  }
})
