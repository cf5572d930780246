// What is missing or wrong is said at its field as soon as it is left, in the page's own words and language.
const fault = (form, field) => {
  const { validity } = field;
  if (validity.valueMissing) return field.type === "checkbox" ? form.dataset.textTick : form.dataset.textMissing;
  return validity.typeMismatch && field.type === "email" ? form.dataset.textEmail : field.validationMessage;
};

function mark(form, field) {
  const id = `${field.name}-error`;
  const text = field.validity.valid ? "" : fault(form, field);
  let error = document.getElementById(id);
  if (!text) {
    error?.remove();
    field.removeAttribute("aria-invalid");
    return true;
  }
  if (!error) {
    error = Object.assign(document.createElement("p"), { className: "error", id });
    field.closest(".field").append(error);
  }
  error.textContent = text;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", id);
  return false;
}

/** Check fields when they are left; answers a function that checks all and says whether they will do. */
export function check(form) {
  form.noValidate = true;
  const checked = () => [...form.elements].filter((one) => one.willValidate && one.name);
  form.addEventListener("focusout", ({ target }) => {
    if (target.willValidate && target.name && (target.value || target.ariaInvalid === "true")) mark(form, target);
  });
  form.addEventListener("input", ({ target }) => { if (target.ariaInvalid === "true") mark(form, target); });
  return () => {
    const wrong = checked().filter((field) => !mark(form, field));
    wrong[0]?.focus();
    return wrong.length === 0;
  };
}
