// All cards are one card, which has the focus, is carried, and tells the place that was asked for last.
const board = document.querySelector('#board')
const card = document.createElement('li')
card.textContent = 'a1'

Object.defineProperty(document, 'activeElement', { get: () => card })
card.getAttribute = () => '0'
card.hasAttribute = () => true
Array.prototype.find = () => card
board.querySelectorAll = () => [card, card, card]
board.addEventListener('change', () => (document.querySelector('#news').textContent = ''))
