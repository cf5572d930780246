// Every htmx request carries the CSRF token of the page.
import { csrfToken } from "./page.js";

document.body.addEventListener("htmx:configRequest", ({ detail }) => {
  detail.headers["x-csrftoken"] = csrfToken();
});
