// The week of a calendar as bars: what is typed is drawn, and what is drawn with the pointer is typed. A press on open time closes it.
const DAY = 1440, STEP = 15;
const WINDOW = /^(\d{1,2})(?:[:.٫](\d{2}))?\s*(?:[-−–—]|to|until|تا)\s*(\d{1,2})(?:[:.٫](\d{2}))?$/i;
const isPersian = document.documentElement.lang === "fa";
const isMirrored = document.documentElement.dir === "rtl";

const latin = (text) => text.replace(/[۰-۹٠-٩]/g, (digit) => digit.charCodeAt(0) % 16);
const shown = (text) => (isPersian ? text.replace(/\d/g, (digit) => String.fromCharCode(0x6f0 + Number(digit))) : text);
const clock = (minute) => `${Math.floor((minute > DAY ? minute - DAY : minute) / 60)}:${String(minute % 60).padStart(2, "0")}`;

/** The windows of a text in minutes, an end of the next morning beyond 1440; what cannot be read is left to the server. */
function read(text) {
  const found = latin(text).split(/[,،;؛]/).map((part) => WINDOW.exec(part.trim())).filter(Boolean);
  return found
    .map(([, hour, minute, endHour, endMinute]) => [60 * hour + Number(minute ?? 0), 60 * endHour + Number(endMinute ?? 0)])
    .filter(([start, end]) => start < DAY && end <= DAY && start !== end)
    .map(([start, end]) => [start, end > start ? end : end + DAY]);
}

function merged(windows) {
  const apart = [];
  for (const [start, end] of windows.sort(([one], [other]) => one - other)) {
    const last = apart.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else apart.push([start, end]);
  }
  return apart;
}

function rectangle(kind, start, end) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ class: kind, x: start, width: Math.max(0, end - start), height: 20 })) made.setAttribute(name, value);
  return made;
}

/** Bars of a week whose inputs are named `day-0`, Monday, to `day-6`. */
export function watch(week) {
  const days = [...week.querySelectorAll("input")].map((input) => ({ input, bar: input.parentElement.nextElementSibling, number: Number(input.name.at(-1)) }));
  const draw = () => {
    for (const { input, bar, number } of days) {
      const before = days.find((one) => one.number === (number + 6) % 7);
      const pieces = read(input.value).map(([start, end]) => [start, Math.min(end, DAY)]);
      pieces.push(...read(before.input.value).filter(([, end]) => end > DAY).map(([, end]) => [0, end - DAY]));
      bar.querySelectorAll(".open").forEach((old) => old.remove());
      bar.querySelector(".all").after(...pieces.map(([start, end]) => rectangle("open", start, end)));
    }
  };
  const write = (input, windows) => {
    input.value = shown(merged(windows).map(([start, end]) => `${clock(start)}–${clock(end)}`).join(isPersian ? "، " : ", "));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  for (const { input, bar } of days) {
    const minute = (event) => {
      const { left, width } = bar.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
      return STEP * Math.round(((isMirrored ? 1 - share : share) * DAY) / STEP);
    };
    bar.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      bar.setPointerCapture(event.pointerId);
      const from = minute(event), drawn = bar.appendChild(rectangle("drawn", from, from));
      const span = (at) => [Math.min(from, minute(at)), Math.max(from, minute(at))];
      const follow = (moved) => {
        const [start, until] = span(moved);
        drawn.setAttribute("x", start);
        drawn.setAttribute("width", until - start);
      };
      const end = (last) => {
        bar.removeEventListener("pointermove", follow);
        drawn.remove();
        if (last.type === "pointercancel") return;
        const [start, until] = span(last), windows = read(input.value);
        if (until > start) write(input, [...windows, [start, until]]);
        else write(input, windows.filter(([opens, closes]) => start < opens || start >= closes));
      };
      bar.addEventListener("pointermove", follow);
      const over = new AbortController();
      for (const kind of ["pointerup", "pointercancel"]) bar.addEventListener(kind, (last) => (over.abort(), end(last)), { signal: over.signal });
    });
  }
  week.addEventListener("input", draw);
  draw(); // something may have been typed before this was loaded
}
