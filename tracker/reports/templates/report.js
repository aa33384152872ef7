"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const table = document.getElementById("matrix");
const body = table.tBodies[0];
const rows = Array.from(body.rows);
const words = cell => cell.title || cell.textContent;
const detail = document.getElementById("detail");

// Words must all be in a row's text; one that begins with ! must not. The state may stand in any column.
function show() {
  const wanted = document.getElementById("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const state = document.getElementById("state").value;
  let shown = 0;
  for (const row of rows) {
    const cells = Array.from(row.cells, words);
    const text = cells.slice(0, 3).join(" ").toLowerCase();
    const named = wanted.every(word => word[0] === "!" ? !text.includes(word.slice(1)) : text.includes(word));
    const there = !state || cells.slice(3).some(word => word === state || (state === "stale" && word.endsWith("(stale)")));
    row.hidden = !(named && there);
    shown += !row.hidden;
  }
  document.getElementById("shown").textContent = `${shown} of ${rows.length}`;
}

// By a column, up, then down, then as scanned again.
function sort(heading) {
  const before = heading.getAttribute("aria-sort");
  const order = before === "ascending" ? "descending" : before === "descending" ? null : "ascending";
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  if (order) heading.setAttribute("aria-sort", order);
  const key = row => words(row.cells[heading.cellIndex]);
  const sorted = order ? rows.slice().sort((a, b) => key(a).localeCompare(key(b), "en", { numeric: true })) : rows;
  body.append(...(order === "descending" ? sorted.reverse() : sorted));
}

function line(list, name, value) {
  if (!value) return;
  list.append(Object.assign(document.createElement("dt"), { textContent: name }));
  list.append(Object.assign(document.createElement("dd"), { textContent: value }));
}

// What is known of the kernel that the address names.
function choose() {
  const symbol = decodeURIComponent(location.hash.slice(1));
  const kernel = data.kernels[symbol];
  for (const row of rows) row.classList.toggle("chosen", Boolean(kernel) && row.cells[0].textContent === symbol);
  detail.hidden = !kernel;
  if (!kernel) return;
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "close" });
  close.addEventListener("click", () => { history.replaceState(null, "", location.pathname); choose(); });
  const list = document.createElement("dl");
  line(list, "CUDA", kernel.cuda);
  line(list, "HIP", kernel.hip);
  line(list, "differences", kernel.differences.join("; "));
  for (const [arch, text] of Object.entries(kernel.cells)) line(list, arch, text);
  line(list, "three ways", kernel.reason);
  for (const number of kernel.hazards) line(list, "hazard", data.hazards[number]);
  detail.replaceChildren(close, Object.assign(document.createElement("h3"), { textContent: symbol }), list);
}

document.getElementById("filter").addEventListener("input", show);
document.getElementById("state").addEventListener("input", show);
for (const heading of table.tHead.rows[0].cells) heading.querySelector("button").addEventListener("click", () => sort(heading));
window.addEventListener("hashchange", choose);
document.getElementById("theme").addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
  document.documentElement.dataset.theme = dark ? "light" : "dark";
});
show();
choose();
