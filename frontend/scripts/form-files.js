// Files of a web form: sent ahead as soon as they are chosen or dropped, with their progress.
const list = (form) => form.querySelector(".kept") ?? (() => {
  const made = document.createElement("ul");
  made.className = "kept";
  form.querySelector(".drop").before(made);
  return made;
})();

function element(tag, values = {}, ...children) {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
}

/** Watch the file field; answers a function that waits for the uploads under way. */
export function watchFiles(form, slip) {
  const input = form.querySelector('input[type="file"]');
  if (!input) return async () => {};
  const under = new Set();
  const drop = form.querySelector(".drop");
  drop.querySelector(".add").hidden = false;

  for (const row of form.querySelectorAll(".kept li")) withButton(form, row, row.querySelector("label.check"));
  const take = (files) => {
    for (const file of files) {
      const sending = upload(form, slip, file);
      under.add(sending);
      sending.finally(() => under.delete(sending));
    }
  };
  input.addEventListener("change", () => { take(input.files); input.value = ""; });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop") take(event.dataTransfer.files);
    });
  }
  return () => Promise.allSettled([...under]);
}

function withButton(form, row, instead) {
  const button = element("button", { type: "button", className: "btn ghost small", textContent: form.dataset.textRemove });
  button.addEventListener("click", () => row.remove());
  instead ? instead.replaceWith(button) : row.append(button);
}

async function upload(form, slip, file) {
  const progress = element("progress", { className: "meter", max: 100, value: 0 });
  progress.setAttribute("aria-label", form.dataset.textUploading);
  const row = element("li", {}, element("bdi", { className: "name truncate grow", textContent: file.name }), progress);
  const kept = list(form);
  const refused = kept.children.length >= Number(form.dataset.most) ? form.dataset.textMany : file.size > Number(form.dataset.largest) ? form.dataset.textLarge : "";
  kept.append(row);
  withButton(form, row);
  const fail = (text) => {
    progress.remove();
    row.append(element("span", { className: "failed small", textContent: text }));
    row.querySelector(".failed").setAttribute("role", "alert");
  };
  if (refused) return fail(refused);
  try {
    const { handle } = await send(form, slip, file, (part) => { progress.value = part * 100; });
    progress.remove();
    if (row.isConnected) row.append(element("input", { type: "hidden", name: "kept", value: handle }));
  } catch (error) {
    fail(error.message || form.dataset.textFailed);
  }
}

/** XMLHttpRequest, as fetch tells no progress of what is sent. */
function send(form, slip, file, tell) {
  return new Promise((resolve, reject) => {
    const url = new URL(form.action);
    url.pathname += "/files";
    const request = Object.assign(new XMLHttpRequest(), { responseType: "json", timeout: 10 * 60_000 });
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => tell(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(request.response);
      else reject(new Error(request.response?.fields?.file ?? ""));
    });
    for (const kind of ["error", "timeout", "abort"]) request.addEventListener(kind, () => reject(new Error("")));
    const fields = new FormData();
    fields.set("slip", slip);
    if (form.elements._csrf_token) fields.set("_csrf_token", form.elements._csrf_token.value);
    fields.set("file", file);
    request.send(fields);
  });
}
