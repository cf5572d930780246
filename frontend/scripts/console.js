// The agents' console. Pages work without any of this; with it they answer faster and stay fresh.
import htmx from "htmx.org/dist/htmx.esm.js";
import "./csrf.js";
import "./reveal.js";
import "./copying.js";
import "./aside.js";
import "./feedback.js";
import "./times.js";
import "./promises.js";
import "./menus.js";
import "./frames.js";
import "./timeline.js";
import "./list.js";
import "./selecting.js";
import "./going.js";
import "./panes.js";
import "./search.js";
import "./reading.js";
import "./tags.js";
import "./composer.js";
import "./canned.js";
import "./articles.js";
import "./recipients.js";
import "./new-ticket.js";
import "./live.js";
import "./preview.js";
import "./device.js";
import "./focus.js";
import "./opening.js";
import "./later.js";
import "./keys.js";
import { all, onContent } from "./page.js";

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  // What comes is whole at once. With a pause before it settles, a control that is pressed in between is not htmx's yet: its form
  // leaves the page. Old attributes are not kept for that pause, either.
  defaultSettleDelay: 0,
  attributesToSettle: [],
  selfRequestsOnly: true,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  scrollBehavior: "instant",
  scrollIntoViewOnBoost: false,
  timeout: 30_000,
  // 409 and 422 answer with the form and its errors, 204 with nothing to change.
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "409", swap: true, error: false },
    { code: "422", swap: true, error: false },
    { code: "...", swap: false, error: true },
  ],
});

onContent((scope) => {
  const ordered = all(scope, "[data-ordered]");
  if (ordered.length) void import("./ordering.js").then(({ watch }) => watch(ordered));
  const articles = all(scope, "#article-form");
  if (articles.length) void import("./article-page.js").then(({ open }) => articles.forEach(open));
  const drawn = all(scope, ".week.hours:has(.day-bar)");
  if (drawn.length) void import("./week-grid.js").then(({ watch }) => drawn.forEach(watch));
});
