// Keeps <time data-format> fresh in the reader's language, calendar and zone. The server renders the same forms first.
import { all, language, onContent, timeZone } from "./page.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const format = (options) => new Intl.DateTimeFormat(language, { timeZone, ...options });
const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayAndMonth = format({ day: "numeric", month: "short" });
const withYear = format({ day: "numeric", month: "short", year: "numeric" });
const full = format({ weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = format({ year: "numeric", month: "numeric", day: "numeric" });
const year = format({ year: "numeric" });
const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "long" });
const units = Object.fromEntries(
  ["minute", "hour", "day"].map((unit) => [unit, new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "narrow" })]),
);

const date = (then, now) => (year.format(then) === year.format(now) ? dayAndMonth : withYear).format(then);

/** Whole units passed: [3, "hour"]; null past seven days. A clock that is a little behind counts as now. */
function passed(then, now) {
  const seconds = Math.max(0, (now - then) / 1000);
  if (seconds < HOUR) return [Math.floor(seconds / MINUTE), "minute"];
  if (seconds < DAY) return [Math.floor(seconds / HOUR), "hour"];
  return seconds < 7 * DAY ? [Math.floor(seconds / DAY), "day"] : null;
}

const forms = {
  relative(then, now) {
    const [count, unit] = passed(then, now) ?? [];
    return unit ? (count === 0 ? ago.format(0, "second") : ago.format(-count, unit)) : date(then, now);
  },
  narrow(then, now) {
    const [count, unit] = passed(then, now) ?? [];
    return unit ? (count === 0 ? ago.format(0, "second") : units[unit].format(count)) : date(then, now);
  },
  short: (then, now) => (day.format(then) === day.format(now) ? clock.format(then) : date(then, now)),
  full: (then) => full.format(then),
};

function freshen(scope) {
  const now = new Date();
  for (const shown of all(scope, "time[data-format]")) {
    const then = new Date(shown.dateTime);
    const form = forms[shown.dataset.format];
    if (!form || Number.isNaN(then.getTime())) continue;
    const words = form(then, now);
    if (shown.textContent !== words) shown.textContent = words;
    if (!shown.title) shown.title = full.format(then);
  }
}

onContent(freshen);
setInterval(() => document.hidden || freshen(document.body), 20_000);
document.addEventListener("visibilitychange", () => document.hidden || freshen(document.body));
