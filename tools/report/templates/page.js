// The page is complete without this: it lets the tables be sorted.
for (const header of document.querySelectorAll("th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.innerHTML = header.innerHTML;
  header.replaceChildren(button);
  button.addEventListener("click", () => sortBy(header));
}

function sortBy(header) {
  const body = header.closest("table").tBodies[0];
  const column = header.cellIndex;
  const numeric = header.classList.contains("n");
  const falling = header.getAttribute("aria-sort") === (numeric ? "ascending" : "descending") ||
    (numeric && !header.hasAttribute("aria-sort"));
  for (const other of header.parentNode.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", falling ? "descending" : "ascending");
  const value = (row) => row.cells[column].textContent.trim();
  const compare = numeric
    ? (a, b) => (parseFloat(value(a)) || 0) - (parseFloat(value(b)) || 0)
    : (a, b) => value(a).localeCompare(value(b), undefined, {numeric: true});
  const rows = [...body.rows].sort((a, b) => (falling ? -1 : 1) * compare(a, b));
  body.append(...rows);
}
