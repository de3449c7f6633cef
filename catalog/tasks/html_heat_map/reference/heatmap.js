const LIGHT = [0xff, 0xe0, 0xc0]
const DARK = [0x80, 0x20, 0x00]
const PITCH = 24
const SIZE = 22
const [source, scale, map, legend, detail, error] = ['data', 'scale', 'map', 'legend', 'detail', 'error'].map((id) =>
  document.getElementById(id),
)

let data = null
let cells = [] // { row, column, value, element, level }, level being the class
let off = new Set()
let current = null

const isTexts = (list) => Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === 'string')
const isList = (list, length) => Array.isArray(list) && list.length === length

// null if the text is no data.
function parse(text) {
  let found
  try {
    found = JSON.parse(text)
  } catch {
    return null
  }
  const { rows, columns, unit, steps, values } = found ?? {}
  if (!isTexts(rows) || !isTexts(columns) || typeof unit !== 'string') return null
  if (!Number.isInteger(steps) || steps < 1 || steps > 9 || !isList(values, rows.length)) return null
  const isValue = (value) => value === null || Number.isFinite(value)
  return values.every((line) => isList(line, columns.length) && line.every(isValue)) ? found : null
}

function classifier() {
  const values = cells.filter(({ value }) => value !== null).map(({ value }) => value)
  const { steps } = data
  if (scale.value === 'quantile') {
    return (value) => Math.floor((values.filter((each) => each < value).length * steps) / values.length)
  }
  const [min, max] = [Math.min(...values), Math.max(...values)]
  return (value) => (min === max ? 0 : Math.min(Math.floor(((value - min) / (max - min)) * steps), steps - 1))
}

function colorOf(level) {
  const share = data.steps === 1 ? 0 : level / (data.steps - 1)
  const parts = LIGHT.map((from, index) => Math.round(from + (DARK[index] - from) * share))
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}

const isReachable = (cell) => cell.level !== null && !off.has(cell.level)

function setOrRemove(element, name, value) {
  if (value === null) element.removeAttribute(name)
  else element.setAttribute(name, value)
}

function showStates() {
  if (!current || !isReachable(current)) current = cells.find(isReachable) ?? null
  for (const cell of cells) {
    const reachable = isReachable(cell)
    setOrRemove(cell.element, 'tabindex', reachable ? (cell === current ? '0' : '-1') : null)
    setOrRemove(cell.element, 'aria-hidden', off.has(cell.level) ? 'true' : null)
  }
}

function legendButton(level) {
  const values = cells.filter((cell) => cell.level === level).map(({ value }) => value)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = `${low === high ? low : `${low} – ${high}`} ${data.unit} (${values.length})`
  button.setAttribute('aria-pressed', 'true')
  button.addEventListener('click', () => {
    if (!off.delete(level)) off.add(level)
    button.setAttribute('aria-pressed', String(!off.has(level)))
    showStates()
  })
  return button
}

function classify() {
  off = new Set()
  const classOf = classifier()
  for (const cell of cells) {
    cell.level = cell.value === null ? null : classOf(cell.value)
    setOrRemove(cell.element, 'data-class', cell.level)
    cell.element.setAttribute('fill', cell.level === null ? 'none' : colorOf(cell.level))
  }
  const levels = [...new Set(cells.map(({ level }) => level))].filter((level) => level !== null).sort()
  legend.replaceChildren(...levels.map(legendButton))
  showStates()
}

function focusOn(target) {
  target?.element.focus()
}

function targetOf(cell, key, whole) {
  const reachable = cells.filter(isReachable)
  const inRow = reachable.filter(({ row }) => row === cell.row)
  const inColumn = reachable.filter(({ column }) => column === cell.column)
  switch (key) {
    case 'ArrowLeft': return inRow.findLast(({ column }) => column < cell.column)
    case 'ArrowRight': return inRow.find(({ column }) => column > cell.column)
    case 'ArrowUp': return inColumn.findLast(({ row }) => row < cell.row)
    case 'ArrowDown': return inColumn.find(({ row }) => row > cell.row)
    case 'Home': return (whole ? reachable : inRow)[0]
    case 'End': return (whole ? reachable : inRow).at(-1)
  }
}

const KEYS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End']

function makeCell(value, row, column) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  const cell = { row, column, value, element, level: null }
  const text = value === null ? 'no data' : `${value} ${data.unit}`
  const attributes = { x: PITCH * column, y: PITCH * row, width: SIZE, height: SIZE }
  for (const [name, number] of Object.entries(attributes)) element.setAttribute(name, number)
  element.setAttribute('aria-label', `${data.rows[row]}, ${data.columns[column]}: ${text}`)
  element.addEventListener('focus', () => {
    if (!isReachable(cell)) return
    current = cell
    detail.textContent = element.getAttribute('aria-label')
    showStates()
  })
  element.addEventListener('keydown', (event) => {
    if (!KEYS.includes(event.key)) return
    event.preventDefault()
    focusOn(targetOf(cell, event.key, event.ctrlKey))
  })
  return cell
}

function draw() {
  data = parse(source.textContent)
  error.textContent = data ? '' : 'The data cannot be read'
  detail.textContent = ''
  current = null
  cells = data ? data.values.flatMap((line, row) => line.map((value, column) => makeCell(value, row, column))) : []
  map.replaceChildren(...cells.map(({ element }) => element))
  if (data) classify()
  else legend.replaceChildren()
}

source.addEventListener('change', draw)
scale.addEventListener('change', () => {
  if (data) classify()
})
draw()
