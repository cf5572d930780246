// The tickets opened last, which the palette offers first: their numbers, in this browser until sign-out.
const LATELY = "opened-lately";
const MOST = 7;

export function keptLately() {
  try {
    return (localStorage.getItem(LATELY) ?? "").split(",").filter((number) => /^\d{1,18}$/.test(number));
  } catch {
    return [];
  }
}

export function keepLately(number) {
  keep([number, ...keptLately().filter((one) => one !== number)].slice(0, MOST));
}

function keep(numbers) {
  try {
    localStorage.setItem(LATELY, numbers.join(","));
  } catch {
    // a browser that keeps nothing only forgets
  }
}

document.addEventListener("submit", (event) => event.target.action?.endsWith("/console/sign-out") && keep([]));
