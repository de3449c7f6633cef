const table = document.querySelector('#lots')
const body = table.tBodies[0]
const order = document.querySelector('#order')
const headers = [...table.tHead.querySelectorAll('th')]
const arrivals = new Map()
let keys = [] // { column, descending }

const READERS = {
  text: (text) => text.toLowerCase(),
  number(text) {
    const match = /^(-?)(\d(?:[\d,]*\d)?)(\.\d+)?%?$/.exec(text)
    return match && Number(match[1] + match[2].replaceAll(',', '') + (match[3] ?? ''))
  },
  duration(text) {
    const match = /^(\d+):([0-5]\d)$/.exec(text)
    return match && Number(match[1]) * 60 + Number(match[2])
  },
}

// null if the cell has no value.
function valueOf(row, column) {
  const text = row.cells[column].textContent.trim()
  return text === '' || text === '–' ? null : READERS[headers[column].dataset.type](text)
}

function compareBy({ column, descending }, one, other) {
  const [a, b] = [valueOf(one, column), valueOf(other, column)]
  if (a === null || b === null) return (a === null) - (b === null)
  const result = (a > b) - (a < b)
  return descending ? -result : result
}

function compare(one, other) {
  for (const key of keys) {
    const result = compareBy(key, one, other)
    if (result !== 0) return result
  }
  return arrivals.get(one) - arrivals.get(other)
}

function notice(rows) {
  for (const row of rows) if (!arrivals.has(row)) arrivals.set(row, arrivals.size)
}

function sortRows() {
  const rows = [...body.rows]
  notice(rows)
  const isFixed = (row) => row.hasAttribute('data-fixed')
  const movable = rows.filter((row) => !isFixed(row)).sort(compare)
  body.append(...rows.map((row) => (isFixed(row) ? row : movable.shift())))
}

const directionOf = (key) => (key.descending ? 'descending' : 'ascending')

function showKeys() {
  for (const header of headers) {
    header.removeAttribute('aria-sort')
    header.removeAttribute('data-order')
  }
  if (keys.length > 0) headers[keys[0].column].setAttribute('aria-sort', directionOf(keys[0]))
  if (keys.length > 1) keys.forEach(({ column }, index) => headers[column].setAttribute('data-order', index + 1))
  const texts = keys.map((key) => `${headers[key.column].textContent.trim()}, ${directionOf(key)}`)
  order.textContent = keys.length > 0 ? `Sorted by ${texts.join(', then by ')}` : 'Original order'
}

function advance(column) {
  const key = keys.find((each) => each.column === column)
  if (!key) keys.push({ column, descending: false })
  else if (!key.descending) key.descending = true
  else keys = keys.filter((each) => each !== key)
}

table.tHead.addEventListener('click', (event) => {
  const button = event.target.closest('button')
  if (!button) return
  const column = headers.indexOf(button.closest('th'))
  const isOnlyKey = keys.length === 1 && keys[0].column === column
  if (!event.shiftKey && !isOnlyKey) keys = []
  advance(column)
  sortRows()
  showKeys()
})

notice(body.rows)
