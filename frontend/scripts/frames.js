// Mails in the console's conversations get the height of their content.
import { keepFitting } from "./mail-frames.js";
import { all, onContent } from "./page.js";

onContent((scope) => all(scope, "iframe.mail-frame").forEach(keepFitting));
