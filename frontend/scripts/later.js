// What nobody sees at first, the menus above all, comes with a ticket in templates, and into the page once that is on the
// screen: before whatever the reader does there next.
import { all, bringToLife, onContent, onceShown } from "./page.js";

let isWaiting = false;

function unfold() {
  if (!isWaiting) return;
  isWaiting = false;
  for (const template of document.querySelectorAll("template[data-later]")) {
    const parts = [...template.content.children];
    template.replaceWith(...parts);
    bringToLife(...parts);
  }
}

for (const kind of ["keydown", "pointerdown", "click"]) document.addEventListener(kind, unfold, true);

onContent((scope) => {
  if (isWaiting || !all(scope, "template[data-later]").length) return;
  isWaiting = true;
  onceShown(unfold);
});
