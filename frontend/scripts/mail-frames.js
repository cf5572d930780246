// A mail is shown in a frame of its own without scripts; here it gets the height of its content.
const LEAST = 32;
const MOST = 20_000;

/** Null when the frame is on another origin (CONTENT_URL): then it keeps its height and scrolls. */
function documentOf(frame) {
  try {
    return frame.contentDocument;
  } catch {
    return null;
  }
}

function fit(frame) {
  const inside = documentOf(frame)?.documentElement;
  if (!inside || !inside.ownerDocument.body) return;
  // The height of the root element, not scrollHeight: that one never shrinks below the frame.
  const height = Math.ceil(Math.max(inside.getBoundingClientRect().height, inside.ownerDocument.body.scrollHeight > inside.clientHeight ? inside.scrollHeight : 0));
  const bar = inside.scrollWidth > inside.clientWidth ? 16 : 0;
  frame.style.blockSize = `${Math.min(MOST, Math.max(LEAST, height + bar))}px`;
}

/** Fit the frame whenever it has loaded something. */
export function keepFitting(frame) {
  frame.addEventListener("load", () => watch(frame));
  watch(frame);
}

function watch(frame) {
  const inside = documentOf(frame);
  if (!inside?.body || inside.URL === "about:blank") return;
  fit(frame);
  new ResizeObserver(() => fit(frame)).observe(inside.body);
  for (const image of inside.images) if (!image.complete) image.addEventListener("load", () => fit(frame), { once: true });
}
