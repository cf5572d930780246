// Where the page goes when somebody is done with a ticket: the server says so by an event. Who has gone elsewhere meanwhile stays.
import htmx from "htmx.org/dist/htmx.esm.js";

const openNumber = () => document.getElementById("conversation")?.dataset.number ?? "0";

document.body.addEventListener("go-on", ({ detail: { url, from } }) => {
  if (Number(openNumber()) !== from) return;
  void htmx.ajax("GET", url, { target: "#conversation", swap: "outerHTML", push: url }).then(() => {
    const row = document.getElementById(`row-${openNumber()}`);
    row?.scrollIntoView({ block: "nearest" });
    if (document.activeElement?.id === "conversation") row?.querySelector("a")?.focus({ preventScroll: true });
  });
});

// A toast may outlive the ticket that it is about.
document.body.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.closest(".toast")) detail.headers["X-Shown"] = openNumber();
});
