// The lit cell without a new page, arrow keys between numbers, and a run as it goes. Every page works without this file.
"use strict";

const proof = document.getElementById("proof");
const frame = document.getElementById("page");
let shown = frame && frame.src;

async function light(link) {
  const query = link.dataset.cell;
  const answer = await fetch(`${proof.dataset.from}?${query}`);
  if (!answer.ok) {
    location.href = link.href;
    return;
  }
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const cell = parsed.querySelector("[data-frame]");
  proof.replaceChildren(...cell.childNodes);
  // A frame that only its fragment changes would not be asked for again.
  shown = new URL(cell.dataset.frame, location.href).href;
  frame.contentWindow.location.replace(shown);
  for (const lit of document.querySelectorAll("a.num[aria-current]")) lit.removeAttribute("aria-current");
  for (const number of document.querySelectorAll("a.num")) {
    if (number.dataset.cell === query) number.setAttribute("aria-current", "true");
  }
  history.replaceState(null, "", `?${query}`);
  if (matchMedia("(max-width: 60rem)").matches) document.getElementById("cell").scrollIntoView();
}

function beside(from, key) {
  const box = from.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  let best = null;
  for (const number of document.querySelectorAll("a.num")) {
    const other = number.getBoundingClientRect();
    const [dx, dy] = [other.x + other.width / 2 - x, other.y + other.height / 2 - y];
    const [along, across] = { ArrowLeft: [-dx, dy], ArrowRight: [dx, dy], ArrowUp: [-dy, dx], ArrowDown: [dy, dx] }[key];
    if (along < 2) continue;
    const far = along + 4 * Math.abs(across);
    if (!best || far < best.far) best = { far, number };
  }
  return best && best.number;
}

if (proof && frame) {
  // A page opened again scrolls its frame to where it was, not to the cell. A fragment alone loads nothing.
  frame.addEventListener("load", () => {
    if (shown.includes("#")) frame.contentWindow.location.replace(shown);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-cell]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    light(link);
  });
  document.addEventListener("keydown", (event) => {
    const from = document.activeElement;
    if (!event.key.startsWith("Arrow") || !from || !from.matches("a.num") || event.altKey || event.ctrlKey) return;
    const to = beside(from, event.key);
    if (to) {
      event.preventDefault();
      to.focus();
    }
  });
}

const live = document.getElementById("live");

// The page asks for itself: what it shows of a run comes from one place. A link that has the focus keeps it.
async function look() {
  if (document.hidden || live.contains(document.activeElement)) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  live.replaceChildren(...parsed.getElementById("live").childNodes);
}

if (live) setInterval(() => look().catch(() => {}), 3000);
