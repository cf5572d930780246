/**
 * `work(key)`, once at a time for each key: asked for while it runs, it runs again afterwards. Two answers to the same
 * question under way at once may come in the wrong order, and the older one would stay on the page.
 */
export function oneAtATime(work) {
  const askedAgain = new Map();
  return async (key = "") => {
    if (askedAgain.has(key)) return void askedAgain.set(key, true);
    try {
      do {
        askedAgain.set(key, false);
        await work(key);
      } while (askedAgain.get(key));
    } finally {
      askedAgain.delete(key);
    }
  };
}
