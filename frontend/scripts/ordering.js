// Rows that are dragged into another order; where one is dropped, the form that they name is sent with the ids of all.
// Without it, and by the keyboard, buttons in the rows do the same.
import { all } from "./page.js";

export function watch(bodies) {
  for (const body of bodies) order(body);
}

function order(body) {
  let dragged = null;
  let before = [];
  for (const row of body.rows) row.draggable = true;
  body.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("tr");
    before = [...body.rows];
    dragged.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
  });
  body.addEventListener("dragover", (event) => {
    const over = event.target.closest("tr");
    if (!dragged || !over) return;
    event.preventDefault();
    const { top, height } = over.getBoundingClientRect();
    if (over !== dragged) over[event.clientY < top + height / 2 ? "before" : "after"](dragged);
  });
  body.addEventListener("drop", (event) => {
    event.preventDefault();
    const form = document.getElementById(body.dataset.ordered);
    const ids = all(document, "[data-ordered] > [data-id]").map((row) => row.dataset.id);
    all(form, "input[data-place]").forEach((input, place) => (input.value = ids[place]));
    if (before.some((row, place) => row !== body.rows[place])) form.requestSubmit();
    before = [];
  });
  body.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    body.append(...before); // it was not dropped here
    dragged = null;
  });
}
