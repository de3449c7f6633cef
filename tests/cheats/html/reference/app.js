import { countLeft } from './count.mjs'

const [form, field, list, left] = ['form', '#what', '#items', '#left'].map((each) => document.querySelector(each))
const update = () => {
  left.textContent = countLeft(list)
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const text = field.value.trim()
  field.value = ''
  if (!text) return
  const item = document.createElement('li')
  item.textContent = text
  item.addEventListener('click', () => {
    item.classList.toggle('done')
    update()
  })
  list.append(item)
  update()
})
