// Runs in the page of runs, which works without it, too: the newest run first, none left out.
const form = document.querySelector('form.filter');
const body = document.querySelector('table.runs tbody');
const headings = [...document.querySelectorAll('table.runs thead th')];
const rows = [...body.rows];

const keyOf = (row, column) => row.cells[column].dataset.key ?? row.cells[column].textContent;

function compare(a, b) {
  if (a === b) return 0;
  // What is missing comes last, whichever way.
  if (a === '' || b === '') return a === '' ? 1 : -1;
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
}

function sortBy(column) {
  const heading = headings[column];
  const descending = heading.getAttribute('aria-sort') === 'ascending';
  for (const other of headings) other.removeAttribute('aria-sort');
  heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  const sorted = rows.toSorted((one, other) => {
    const [a, b] = [keyOf(one, column), keyOf(other, column)];
    const order = compare(a, b);
    return descending && a !== '' && b !== '' ? -order : order;
  });
  body.append(...sorted);
}

function filter() {
  const text = form.elements.text.value.toLowerCase();
  const status = form.elements.status.value;
  for (const row of rows)
    row.hidden =
      !row.textContent.toLowerCase().includes(text) ||
      (status !== '' && row.dataset.status !== status);
  const shown = rows.filter((row) => !row.hidden).length;
  form.querySelector('output').textContent = `${shown} of ${rows.length}`;
}

for (const [column, heading] of headings.entries()) {
  const button = document.createElement('button');
  button.type = 'button';
  button.append(...heading.childNodes);
  button.addEventListener('click', () => sortBy(column));
  heading.append(button);
}
form.addEventListener('input', filter);
form.addEventListener('submit', (event) => event.preventDefault());
form.hidden = false;
