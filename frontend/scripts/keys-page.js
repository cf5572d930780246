// Fields that take the keys that are pressed in them. Without it they are typed: Shift+E, G I.
const SIGNS = { Slash: "/", Period: ".", Comma: ",", BracketLeft: "[", BracketRight: "]", Semicolon: ";", Quote: "'", Backslash: "\\", Backquote: "`", Minus: "-", Equal: "=" };
const PATIENCE = 1500;

export function watch(fields) {
  for (const field of fields) field.addEventListener("keydown", (event) => take(field, event));
}

function take(field, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = /^Key[A-Z]$/.test(event.code) ? event.code.slice(3) : SIGNS[event.code];
  if (!key) return;
  event.preventDefault();
  const stroke = event.shiftKey ? (key === "/" ? "?" : `Shift+${key}`) : key;
  const isSecond = event.timeStamp - Number(field.dataset.pressedAt ?? -PATIENCE) < PATIENCE && !field.value.includes(" ");
  field.dataset.pressedAt = event.timeStamp;
  field.value = isSecond && field.value ? `${field.value} ${stroke}` : stroke;
  field.select();
}
