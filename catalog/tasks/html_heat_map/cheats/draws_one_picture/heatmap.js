// The picture of the data in index.html, drawn once, with a legend that can be pressed.
const colors = ['#ffe0c0', '#c08060', '#802000']
const values = [4.5, 11, 12, 7, 5, null, 13, 7, null, 10, 14.5, 6]
const days = ['Mon', 'Tue', 'Wed']
const hours = ['08', '12', '16', '20']

document.querySelector('#map').innerHTML = values
  .map((value, index) => {
    const level = value === null ? null : value < 8 ? 0 : value < 12 ? 1 : 2
    const fill = level === null ? 'fill="none"' : `data-class="${level}" fill="${colors[level]}"`
    const text = level === null ? 'no data' : `${value} °C`
    const label = `aria-label="${days[index >> 2]}, ${hours[index % 4]}: ${text}" tabindex="${-index}"`
    return `<rect x="${24 * (index % 4)}" y="${24 * (index >> 2)}" width="22" height="22" ${label} ${fill}></rect>`
  })
  .join('')

document.querySelector('#legend').innerHTML = ['4.5 – 7 °C (5)', '10 – 11 °C (2)', '12 – 14.5 °C (3)']
  .map((text) => `<button aria-pressed="true">${text}</button>`)
  .join('')
document.querySelector('#error').textContent = 'The data cannot be read'
