// Keeps pills of promised times (.pill[data-left]) fresh, in the words of console/pills.py: what is left counts down while
// the calendar is open, and stands while it is closed. It goes by the server's clock, and asks nothing of the server.
import { all, number, onContent, text } from "./page.js";

const MINUTE = 60;
const EVERY = 10_000;

const openings = (pill) => pill.dataset.open.split(" ").filter(Boolean).map((each) => each.split("-").map(Number));

/** Open seconds between two instants; beyond what the page was told it counts as closed. */
const opened = (spans, since, until) => spans.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(end, until) - Math.max(start, since)), 0);

/** 7800 seconds are "2 h 10 min"; from three hours on hours alone. */
function length(seconds) {
  const minutes = Math.floor(seconds / MINUTE);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (!hours) return text(document.body, "min", { n: number(rest) });
  if (!rest || hours >= 3) return text(document.body, "h", { n: number(hours) });
  return text(document.body, "hMin", { hours: number(hours), minutes: number(rest) });
}

/** Seconds by which the server's clock is ahead of this one: whatever comes says when it was made. */
let ahead = 0;

function compareClocks(scope) {
  const told = all(scope, ".pill[data-since]").map((pill) => Number(pill.dataset.since));
  if (told.length) ahead = Math.max(...told) - Date.now() / 1000;
}

function freshen(scope) {
  const now = Math.floor(Date.now() / 1000 + ahead);
  for (const pill of all(scope, ".pill[data-left]")) {
    const { left: before, since, due, soon, what, closed } = pill.dataset;
    const spans = openings(pill);
    const left = before - opened(spans, Number(since), now);
    const isLate = now > due;
    const isOpen = spans.some(([start, end]) => start <= now && now < end);
    const time = length(Math.max(MINUTE, isLate ? Math.floor(-left / MINUTE) * MINUTE : Math.ceil(left / MINUTE) * MINUTE));
    const words = !isOpen && !isLate ? closed : text(document.body, isLate ? "over" : "dueIn", { what, time });
    const label = pill.querySelector(".words");
    if (label.textContent !== words) label.textContent = words;
    show(pill, isLate ? "bad" : left <= soon ? "warn" : "good");
  }
}

const ICONS = { bad: "circle-alert", warn: "alarm-clock", good: "clock" };

function show(pill, colour) {
  if (pill.classList.contains(colour)) return;
  pill.classList.remove("good", "warn", "bad");
  pill.classList.add(colour);
  const use = pill.querySelector("use");
  use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${ICONS[colour]}`));
}

onContent(compareClocks);
onContent(freshen);
setInterval(() => document.hidden || freshen(document.body), EVERY);
document.addEventListener("visibilitychange", () => document.hidden || freshen(document.body));
