// What is typed into an article stays in this browser until the server has it, for who comes back to the page. Storage may be
// forbidden or full: then only the server keeps it.
const guarded = (act) => {
  try {
    return act();
  } catch {
    return null;
  }
};

/** Of this agent and article: `keep(words)` and `forget()` for this opened page, `left()` what another one left behind, `drop(key)`. */
export function copiesOf(form) {
  const mine = `article:${form.dataset.agent}:${location.pathname}:`;
  const key = mine + form.elements.sitting.value;
  const read = (one) => guarded(() => ({ ...JSON.parse(localStorage.getItem(one)), key: one }));
  const drop = (one) => guarded(() => localStorage.removeItem(one));
  return {
    keep: (words) => guarded(() => localStorage.setItem(key, JSON.stringify({ ...words, at: Date.now() }))),
    forget: () => drop(key),
    drop,
    left: () => (guarded(() => Object.keys(localStorage)) ?? []).filter((one) => one.startsWith(mine) && one !== key).map(read).filter((copy) => copy?.at).sort((one, other) => other.at - one.at)[0],
  };
}
