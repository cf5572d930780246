// Keeps <time data-format> fresh in the reader's language, calendar and zone. The server renders the same forms first (kernel/language.py).
import { all, language, number, onContent, text, timeZone } from "./page.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const format = (options) => new Intl.DateTimeFormat(language, { timeZone, ...options });
export const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayAndMonth = format({ day: "numeric", month: "short" });
const withYear = format({ day: "numeric", month: "short", year: "numeric" });
const day = format({ year: "numeric", month: "numeric", day: "numeric" });
const year = format({ year: "numeric" });
const ago = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "long" });
const justNow = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(0, "second");

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
    return unit ? (count === 0 ? justNow : ago.format(-count, unit)) : date(then, now);
  },
  // The words are the catalogue's: Intl has no narrow units for Persian ("۴m").
  narrow(then, now) {
    const [count, unit] = passed(then, now) ?? [];
    return unit ? (count === 0 ? justNow : text(document.body, unit, { n: number(count) })) : date(then, now);
  },
  short: (then, now) => (day.format(then) === day.format(now) ? clock.format(then) : date(then, now)),
};

function freshen(scope) {
  const now = new Date();
  for (const shown of all(scope, "time[data-format]")) {
    const then = new Date(shown.dateTime);
    const form = forms[shown.dataset.format];
    if (!form || Number.isNaN(then.getTime())) continue;
    const words = form(then, now);
    if (shown.textContent !== words) shown.textContent = words;
  }
}

onContent(freshen);
setInterval(() => document.hidden || freshen(document.body), 20_000);
document.addEventListener("visibilitychange", () => document.hidden || freshen(document.body));
