// [data-copy] copies its text, [data-print] prints the page.
document.addEventListener("click", (event) => {
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  if (event.target.closest("[data-print]")) print();
});

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1500);
  } catch {
    // Without a secure context there is no clipboard: select the text, so that the reader can copy it.
    const shown = button.parentElement.querySelector("bdi, code, input") ?? button.closest(".card, section")?.querySelector(".codes");
    if (shown) getSelection().selectAllChildren(shown);
  }
}
