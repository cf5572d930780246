// Builds everything the pages load into one folder: node build.mjs OUT
// Every name carries a hash of its content, so files are served as immutable; manifest.json maps logical names to them.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import esbuild from "esbuild";
import subsetFont from "subset-font";

const out = path.resolve(process.argv[2] ?? "../helpdesk/static");
const fresh = `${out}.new`;
const manifest = {};

const ENTRIES = new Map([
  ["styles/console.css", "console.css"],
  ["styles/pages.css", "pages.css"],
  ["styles/reader.css", "reader.css"],
  ["styles/portal.css", "portal.css"],
  ["styles/forms.css", "forms.css"],
  ["styles/requests.css", "requests.css"],
  ["scripts/console.js", "console.js"],
  ["scripts/portal.js", "portal.js"],
  ["scripts/forms.js", "forms.js"],
  ["scripts/requests.js", "requests.js"],
  ["scripts/embed.js", "embed.js"],
  ["scripts/service-worker.js", "service-worker.js"],
  ["scripts/docs.js", "docs/docs.js"],
]);
const COMPRESSED = new Set([".css", ".js", ".svg", ".json"]);
const DOCS = "node_modules/swagger-ui-dist";
const COPIED = {
  "favicon.svg": "images/favicon.svg",
  "icon-192.png": "images/icon-192.png",
  "icon-512.png": "images/icon-512.png",
  "icon-maskable-512.png": "images/icon-maskable-512.png",
  "docs/swagger-ui.css": `${DOCS}/swagger-ui.css`,
  "docs/swagger-ui.js": `${DOCS}/swagger-ui-bundle.js`,
  "licences/inter.txt": "node_modules/@fontsource-variable/inter/LICENSE",
  "licences/vazirmatn.txt": "node_modules/@fontsource-variable/vazirmatn/LICENSE",
  "licences/icons.txt": "node_modules/lucide-static/LICENSE",
  "licences/htmx.txt": "node_modules/htmx.org/LICENSE",
  "licences/prosemirror.txt": "node_modules/prosemirror-view/LICENSE",
  "licences/swagger-ui.txt": `${DOCS}/LICENSE`,
};

/** Fonts with the letters and weights that styles/fonts.css names, and no others: a third of their size. */
const fonts = {
  name: "fonts",
  async setup(build) {
    const faces = (await readFile("styles/fonts.css", "utf8")).matchAll(/font-weight: (\d+) (\d+)[^}]*?([\w-]+\.woff2)[^}]*?unicode-range: ([^;]+);/g);
    const wanted = new Map([...faces].map(([, min, max, file, ranges]) => [file, { wght: { min: Number(min), max: Number(max) }, letters: letters(ranges) }]));
    build.onLoad({ filter: /\.woff2$/ }, async ({ path: file }) => {
      const { wght, letters } = wanted.get(path.basename(file));
      return { contents: await subsetFont(await readFile(file), letters, { targetFormat: "woff2", variationAxes: { wght } }), loader: "file" };
    });
  },
};

/** "U+61-63, U+78" as "abcx". */
function letters(ranges) {
  const codes = ranges.split(",").flatMap((range) => {
    const [first, last = first] = range.trim().slice(2).split("-").map((code) => parseInt(code, 16));
    return Array.from({ length: last - first + 1 }, (_, n) => first + n);
  });
  return String.fromCodePoint(...codes);
}

/**
 * The console and the portal load late what a page seldom needs: `await import("./palette.js")` is a file of its own. Such a module
 * imports page.js at most of what the console loads at once, so that these have one common part and not one for each pair.
 * All others are one file each: a page of somebody else's embeds one, a service worker is one.
 */
async function bundle() {
  const parted = ["scripts/console.js", "scripts/requests.js"];
  for (const entry of parted) await build([entry], { splitting: true, chunkNames: "late/[name].[hash]" });
  await build([...ENTRIES.keys()].filter((entry) => !parted.includes(entry)));
}

async function build(entryPoints, options = {}) {
  const { metafile } = await esbuild.build({
    entryPoints,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    supported: { nesting: true },
    legalComments: "none",
    plugins: [fonts],
    entryNames: "[name].[hash]",
    assetNames: "fonts/[name].[hash]",
    outdir: fresh,
    metafile: true,
    logLevel: "warning",
    ...options,
  });
  for (const [file, output] of Object.entries(metafile.outputs)) manifest[nameOf(file, output)] = path.relative(fresh, file);
}

function nameOf(file, { entryPoint, inputs }) {
  if (ENTRIES.has(entryPoint)) return ENTRIES.get(entryPoint);
  if (!file.endsWith(".js")) return `fonts/${path.basename(Object.keys(inputs)[0])}`;
  return `late/${"scripts/page.js" in inputs ? "common.js" : path.basename(entryPoint ?? file)}`;
}

/** One sprite of the icons named in icons.txt; a page shows one by <use href="…#name">. */
async function sprite() {
  const names = (await readFile("icons.txt", "utf8")).split("\n").map((line) => line.trim());
  const symbols = names.filter((name) => name && !name.startsWith("#")).map(async (name) => {
    const svg = await readFile(`node_modules/lucide-static/icons/${name}.svg`, "utf8");
    const shapes = svg.replace(/[^]*?<svg[^>]*>/, "").replace("</svg>", "").replace(/\s*\n\s*/g, "");
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
  });
  await write("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${(await Promise.all(symbols)).join("")}</svg>`);
}

async function write(name, content) {
  const { dir, name: stem, ext } = path.parse(name);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  manifest[name] = path.join(dir, `${stem}.${hash}${ext}`);
  await mkdir(path.join(fresh, dir), { recursive: true });
  await writeFile(path.join(fresh, manifest[name]), content);
}

async function compress() {
  for (const entry of await readdir(fresh, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !COMPRESSED.has(path.extname(entry.name))) continue;
    const file = path.join(entry.parentPath, entry.name);
    const content = await readFile(file);
    await writeFile(`${file}.gz`, gzipSync(content, { level: 9 }));
    const size = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    await writeFile(`${file}.br`, brotliCompressSync(content, { params: size }));
  }
}

await rm(fresh, { recursive: true, force: true });
await bundle();
await sprite();
for (const [name, source] of Object.entries(COPIED)) await write(name, await readFile(source));
await compress();
await writeFile(path.join(fresh, "manifest.json"), JSON.stringify(manifest, Object.keys(manifest).sort(), 2) + "\n");
await rm(out, { recursive: true, force: true });
await rename(fresh, out);
