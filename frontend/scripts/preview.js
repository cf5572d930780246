// A form whose preview stands beside it is shown there as it is typed.
const WAIT = 500;

for (const form of document.querySelectorAll("form[data-preview]")) {
  const buttons = form.querySelectorAll("button[formtarget]");
  let shown = [...buttons].find((one) => one.value === document.documentElement.lang) ?? buttons[0];
  let waiting;
  const show = () => form.requestSubmit(shown);
  for (const button of buttons) button.addEventListener("click", () => { shown = button; });
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, WAIT);
  });
  show();
}
