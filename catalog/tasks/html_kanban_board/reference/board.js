const board = document.querySelector('#board')
const news = document.querySelector('#news')
const STEPS = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 }

let current = null
let carried = null // { card, from }
let moves = []
let undone = []

const columns = () => [...board.querySelectorAll('.column')]
const listOf = (column) => column.querySelector('ul')
const cardsOf = (column) => [...listOf(column).children]
const columnOf = (card) => card.closest('.column')
const nameOf = (card) => card.textContent.trim()
const limitOf = (column) => (column.hasAttribute('data-limit') ? Number(column.getAttribute('data-limit')) : Infinity)
const isFull = (column) => cardsOf(column).length >= limitOf(column)

function placeOf(card) {
  const column = columnOf(card)
  return { column, index: cardsOf(column).indexOf(card) }
}

function describe(card) {
  const { column, index } = placeOf(card)
  return `${column.querySelector('h2').textContent.trim()}, ${index + 1} of ${cardsOf(column).length}`
}

function tell(what, card) {
  news.textContent = `${what} ${nameOf(card)}: ${describe(card)}`
}

function refresh() {
  for (const column of columns()) {
    const { length } = cardsOf(column)
    const limit = column.getAttribute('data-limit')
    column.querySelector('.count').textContent = limit === null ? `${length}` : `${length}/${limit}`
    column.toggleAttribute('data-full', isFull(column))
  }
  const cards = columns().flatMap(cardsOf)
  if (!cards.includes(current)) current = cards[0] ?? null
  for (const card of cards) card.setAttribute('tabindex', card === current ? '0' : '-1')
}

function put(card, { column, index }) {
  card.remove()
  listOf(column).insertBefore(card, cardsOf(column)[index] ?? null)
  card.focus()
  refresh()
}

// The nearest column in that direction for which `fits` is true.
function neighbour(column, step, fits) {
  const all = columns()
  for (let at = all.indexOf(column) + step; at >= 0 && at < all.length; at += step) if (fits(all[at])) return all[at]
  return null
}

function moveFocus(card, key) {
  const { column, index } = placeOf(card)
  if (key === 'ArrowUp' || key === 'ArrowDown') return cardsOf(column)[index + STEPS[key]]?.focus()
  const next = neighbour(column, STEPS[key], (each) => cardsOf(each).length > 0)
  if (!next) return
  const cards = cardsOf(next)
  cards[Math.min(index, cards.length - 1)].focus()
}

function targetOf(card, key) {
  const { column, index } = placeOf(card)
  if (key === 'ArrowUp' || key === 'ArrowDown') {
    const to = index + STEPS[key]
    return to >= 0 && to < cardsOf(column).length ? { column, index: to } : null
  }
  const next = neighbour(column, STEPS[key], (each) => !isFull(each))
  return next && { column: next, index }
}

function carry(card, key) {
  const target = targetOf(card, key)
  if (target) put(card, target)
  news.textContent = target ? describe(card) : 'Cannot move'
}

function release() {
  carried.card.removeAttribute('data-carried')
  carried = null
}

function pickUp(card) {
  carried = { card, from: placeOf(card) }
  card.setAttribute('data-carried', '')
  tell('Picked up', card)
}

function drop() {
  const { card, from } = carried
  const to = placeOf(card)
  release()
  if (to.column !== from.column || to.index !== from.index) {
    moves.push({ card, from, to })
    undone = []
  }
  tell('Dropped', card)
}

function giveBack() {
  const { card, from } = carried
  put(card, from)
  release()
  tell('Returned', card)
}

function undo() {
  const move = moves.pop()
  if (!move) return (news.textContent = 'Nothing to undo')
  undone.push(move)
  put(move.card, move.from)
  tell('Undone', move.card)
}

function redo() {
  const move = undone.pop()
  if (!move) return (news.textContent = 'Nothing to redo')
  moves.push(move)
  put(move.card, move.to)
  tell('Redone', move.card)
}

// What the key does in the state that the board is in.
function actionOf(card, { key, ctrlKey }) {
  if (ctrlKey) return carried ? null : { z: undo, y: redo }[key]
  if (key in STEPS) return () => (carried ? carry : moveFocus)(card, key)
  if (!carried) return key === ' ' ? () => pickUp(card) : null
  return { ' ': drop, Enter: drop, Escape: giveBack }[key]
}

board.addEventListener('keydown', (event) => {
  const card = event.target.closest('.column li')
  if (!card || (carried && carried.card !== card)) return
  const action = actionOf(card, event)
  if (!action) return
  event.preventDefault()
  action()
})

board.addEventListener('focusin', (event) => {
  const card = event.target.closest('.column li')
  if (!card) return
  current = card
  refresh()
})

board.addEventListener('change', () => {
  current = carried = null
  moves = []
  undone = []
  news.textContent = ''
  refresh()
})

refresh()
