import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamParser } from '../parser.mjs'

const bytesOf = (text) => new Uint8Array(Buffer.from(text))

// Events as the tests compare them: raw bytes as {raw: [...]}.
function plain(events) {
  return events.map(({ fields, ...rest }) => (fields ? { ...rest, fields: fields.map(plainField) } : rest))
}

function plainField([name, value]) {
  return [name, value instanceof Uint8Array ? { raw: [...value] } : value]
}

const message = (line, ...fields) => ({ type: 'message', line, fields })
const problem = (line, code) => ({ type: 'problem', problem: code, line })

// All events of a stream, which must be the same if it is pushed whole and in pieces: of one byte unless it is long.
function parse(stream, options) {
  const bytes = typeof stream === 'string' ? bytesOf(stream) : Uint8Array.from(stream)
  const results = [Math.max(bytes.length, 1), bytes.length > 200 ? 97 : 1].map((size) => {
    const parser = new StreamParser(options)
    const events = []
    for (let at = 0; at < bytes.length; at += size) events.push(...parser.push(bytes.slice(at, at + size)))
    return plain([...events, ...parser.end()])
  })
  assert.deepEqual(results[1], results[0])
  return results[0]
}

test('messages have fields in order and end with an empty line', () => {
  assert.deepEqual(parse('kind: note\ntext: hello\n\n\n\nx2-y:1\n\n'), [
    message(1, ['kind', 'note'], ['text', 'hello']),
    message(6, ['x2-y', '1']),
  ])
  assert.deepEqual(parse('\n\nconstructor: 1\nvalue: \u2028a: #3 \t\nempty:\n\n'), [
    message(3, ['constructor', '1'], ['value', '\u2028a: #3 \t'], ['empty', '']),
  ])
})

test('one space after the colon is dropped', () => {
  assert.deepEqual(parse('a:  two\nb: \nc:\tx\n\n'), [message(1, ['a', ' two'], ['b', ''], ['c', '\tx'])])
})

test('lines end with LF or CR LF, and other CRs are text', () => {
  assert.deepEqual(parse('a: 1\r\nb: x\ry\r\r\n\r\nc: 2\n\r\n'), [
    message(1, ['a', '1'], ['b', 'x\ry\r']),
    message(4, ['c', '2']),
  ])
  assert.deepEqual(parse('\r\r\n\na: 1\n\n'), [problem(1, 'syntax'), message(3, ['a', '1'])])
})

test('comments are ignored wherever a line begins', () => {
  const long = 'x'.repeat(50)
  const stream = [...bytesOf(';\n; one\na: 1\n;'), 0xff, 0xfe, ...bytesOf(`${long}\n+ 2\n;: x\nb: ;3\n\n;\n\n`)]
  assert.deepEqual(parse(stream, { maxLine: 20 }), [message(3, ['a', '1\n 2'], ['b', ';3'])])
})

test('continuations add lines to a value', () => {
  assert.deepEqual(parse('a: 1\n+\n+two\n++ three\nb:\n+x\n\n'), [message(1, ['a', '1\n\ntwo\n+ three'], ['b', '\nx'])])
  assert.deepEqual(parse('+x\na: 1\n\na: 2\n\n+y\n\nr#1\nz\n+y\n\n'), [
    problem(1, 'orphan'),
    message(4, ['a', '2']),
    problem(6, 'orphan'),
    problem(10, 'orphan'),
  ])
})

test('raw values are bytes of any kind, and their line feeds count as lines', () => {
  const stream = [...bytesOf('a#7\n'), 10, 10, 0xff, 59, 0, 13, 10, ...bytesOf('\r\nb#0\n\nc: 1\n\nd: 2\n\n')]
  assert.deepEqual(parse(stream), [
    message(1, ['a', { raw: [10, 10, 255, 59, 0, 13, 10] }], ['b', { raw: [] }], ['c', '1']),
    message(10, ['d', '2']),
  ])
})

test('a line end must follow a raw value', () => {
  assert.deepEqual(parse('a#2\nxy;\n+z\n\nb#2\nxy \n\nc#2\nxy\n;\n\nd#2\nxy\r\n\n'), [
    problem(2, 'raw'),
    problem(6, 'raw'),
    message(8, ['c', { raw: [120, 121] }]),
    message(12, ['d', { raw: [120, 121] }]),
  ])
})

test('other lines are refused', () => {
  const names = ['A: 1', '1a: 1', '-a: 1', 'a_b: 1', ' a: 1', 'a : 1', ': 1', 'a', 'é: 1']
  const sizes = ['a#', 'a#01', 'a#-1', 'a#1.0', 'a#1 ', 'a# 1', 'a#1:']
  for (const line of [...names, ...sizes]) {
    assert.deepEqual(parse(`x: 1\n${line}\ny: 1\n\nz: 1\n\n`), [problem(2, 'syntax'), message(5, ['z', '1'])], line)
  }
})

test('a name is used once in a message', () => {
  assert.deepEqual(parse('a: 1\nb: 1\na: 2\n\na: 3\na#1\nx\n\na#1\nx\na#99\n\na: 5\n\n', { maxRaw: 50 }), [
    problem(3, 'repeated'),
    problem(6, 'repeated'),
    problem(11, 'repeated'),
    message(13, ['a', '5']),
  ])
})

test('sizes are limited, and the line end does not count', () => {
  assert.deepEqual(parse('a#4\nwxyz\n\nb#5\n\nc: 5678\r\n\nd: 56789\r\n\n+2345678\n\n', { maxLine: 7, maxRaw: 4 }), [
    message(1, ['a', { raw: [119, 120, 121, 122] }]),
    problem(4, 'size'),
    message(6, ['c', '5678']),
    problem(8, 'long'),
    problem(10, 'long'),
  ])
  assert.deepEqual(parse('a: é\n\nb: éé\n\n', { maxLine: 5 }), [message(1, ['a', 'é']), problem(3, 'long')])
  const [kept, refused] = ['x'.repeat(1021), 'x'.repeat(1022)]
  assert.deepEqual(parse(`a: ${kept}\n\nb: ${refused}\n\nc#65537\n\n`), [
    message(1, ['a', kept]), problem(3, 'long'), problem(5, 'size'),
  ])
})

test('text is UTF-8, whatever the chunks', () => {
  assert.deepEqual(parse('a: grüße 🙂\n+ñ\n\n'), [message(1, ['a', 'grüße 🙂\nñ'])])
  const broken = [...bytesOf('a: '), 0xc3, 10, 0xa9, ...bytesOf('\n\nb: 1\n\n+'), 0xff, ...bytesOf('\n\n')]
  assert.deepEqual(parse(broken), [problem(1, 'encoding'), message(4, ['b', '1']), problem(6, 'encoding')])
})

test('a byte order mark is dropped at the start alone', () => {
  assert.deepEqual(parse('\ufeffa:\ufeff1\n+\ufeff2\n\n'), [message(1, ['a', '\ufeff1\n\ufeff2'])])
  assert.deepEqual(parse('\ufeff;c\nb: 1\n\n'), [message(2, ['b', '1'])])
  assert.deepEqual(parse('\ufeffabc: \n\n', { maxLine: 5 }), [message(1, ['abc', ''])])
  assert.deepEqual(parse('\ufeff\ufeffa: 1\n\nb: 2\n\n\ufeffc: 3\n\n'), [
    problem(1, 'syntax'), message(3, ['b', '2']), problem(5, 'syntax'),
  ])
})

test('after a problem the message is skipped unread', () => {
  const stream = 'a: 1\n!\n?\na#9\n+\n; x\nc: 3\n\r\nb: 2\n\n'
  assert.deepEqual(parse(stream), [problem(2, 'syntax'), message(9, ['b', '2'])])
})

test('a stream that stops inside of a message is truncated', () => {
  assert.deepEqual(parse('a: 1\n\n'), [message(1, ['a', '1'])])
  assert.deepEqual(parse('a: 1\n'), [problem(2, 'truncated')])
  assert.deepEqual(parse('a: 1\n\n;'), [message(1, ['a', '1']), problem(3, 'truncated')])
  assert.deepEqual(parse('a#9\nx\ny'), [problem(3, 'truncated')])
  assert.deepEqual(parse('a#1\nx'), [problem(2, 'truncated')])
  assert.deepEqual(parse('a#0\n'), [problem(2, 'truncated')])
  assert.deepEqual(parse('\r'), [problem(1, 'truncated')])
  assert.deepEqual(parse('!\n\n!\nx'), [problem(1, 'syntax'), problem(3, 'syntax')])
  assert.deepEqual([parse(''), parse('\n; x\n'), parse('\ufeff')], [[], [], []])
})

test('events come with the byte that completes them, and nothing comes after the end', () => {
  const parser = new StreamParser({ maxLine: 5 })
  assert.deepEqual(plain(parser.push(bytesOf('a: 1\n'))), [])
  assert.deepEqual(plain(parser.push(bytesOf('\nb: 2\n\nc'))), [message(1, ['a', '1']), message(3, ['b', '2'])])
  assert.deepEqual(plain(parser.push(bytesOf(': 1234567'))), [])
  assert.deepEqual(plain(parser.push(new Uint8Array(0))), [])
  assert.deepEqual(plain(parser.push(bytesOf('\n'))), [problem(5, 'long')])
  assert.throws(() => parser.push('text'), TypeError)
  assert.throws(() => parser.push([97]), TypeError)
  assert.deepEqual(plain(parser.push(bytesOf('\nd: 3\n\n'))), [message(7, ['d', '3'])])
  assert.deepEqual(plain(parser.end()), [])
  assert.throws(() => parser.push(bytesOf('a')), Error)
  assert.throws(() => parser.end(), Error)
})

function randomNumbers(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

// A random stream together with its events, written down while it is made.
function randomStream(random) {
  const [bytes, events] = [[], []]
  let line = 1
  const write = (content, ending = ['\n', '\r\n'][random(2)]) => {
    const added = [...(typeof content === 'string' ? bytesOf(content) : content), ...bytesOf(ending)]
    line += added.filter((byte) => byte === 10).length
    bytes.push(...added)
  }
  const signs = ['a', 'é', ' ', ':', '#', ';', '+', '\r', '€', '🙂']
  const text = () => `${Array.from({ length: random(6) }, () => signs[random(signs.length)]).join('')}.`
  for (let count = 0; count < 6; count += 1) {
    const [start, fields] = [line, []]
    const total = random(5)
    for (let number = 0; number < total; number += 1) {
      const name = `f${number}`
      if (random(3)) {
        let value = text()
        write(`${name}: ${value}`)
        for (let more = random(3); more > 0; more -= 1) {
          if (random(2)) write(`;${text()}`)
          const next = text()
          write(`+${next}`)
          value += `\n${next}`
        }
        fields.push([name, value])
      } else {
        const raw = Array.from({ length: random(8) }, () => [10, 13, 59, 0, 200, 97][random(6)])
        write(`${name}#${raw.length}`)
        write(raw)
        fields.push([name, { raw }])
      }
    }
    if (random(4)) {
      write('')
      if (total) events.push(message(start, ...fields))
    } else {
      events.push(problem(line, 'syntax'))
      write(`Bad${text()}`)
      for (let more = random(3); more > 0; more -= 1) write(`x${random(2) ? '#9' : `: ${text()}`}`)
      write('')
    }
  }
  return { bytes: Uint8Array.from(bytes), events }
}

test('random streams in random chunks', () => {
  const random = randomNumbers(5)
  for (let round = 0; round < 40; round += 1) {
    const { bytes, events } = randomStream(random)
    const parser = new StreamParser()
    const found = []
    for (let at = 0; at < bytes.length;) {
      const size = 1 + random(random(2) ? 40 : 4)
      found.push(...parser.push(bytes.slice(at, at + size)))
      at += size
    }
    assert.deepEqual(plain([...found, ...parser.end()]), events)
  }
})
