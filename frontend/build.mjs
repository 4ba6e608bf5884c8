// Bundles the few scripts and the one style sheet into the package; nothing fetched is committed.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const out = "../src/opsloop/ui/static/built";
const common = { bundle: true, minify: true, outdir: out, logLevel: "warning", legalComments: "linked" };

await build({ ...common, entryPoints: ["src/theme.js"], format: "iife" });
await build({
  ...common,
  entryPoints: ["src/shell.js", "src/chart.js", "src/process_map.js"],
  format: "esm",
});
await build({ ...common, entryPoints: [{ in: "src/grid/index.js", out: "grid" }], format: "esm" });
await build({ ...common, entryPoints: ["src/grid/grid.css"], external: ["data:*"] });
await build({ ...common, entryPoints: ["src/ui.css"], external: ["data:*"] });

// A few rules of the design system that no page uses ask every element for its style attribute or its
// siblings; with them a browser computes a whole grid anew for each scrolled row (20 ms instead of 2).
const sheet = `${out}/ui.css`;
const costly = /[^{}]*(\[style\*=|~ ?:not\(template\)|legend ?\+ ?\*)[^{}]*\{[^{}]*\}/g;
writeFileSync(sheet, readFileSync(sheet, "utf8").replace(costly, ""));

// The server hands out the compressed copy when the browser takes it.
for (const name of readdirSync(out).filter((file) => /\.(js|css)$/.test(file))) {
  writeFileSync(`${out}/${name}.gz`, gzipSync(readFileSync(`${out}/${name}`), { level: 9 }));
}

// The printed forms carry their font; whoever passes it on passes its licence on.
const font = "node_modules/@expo-google-fonts/noto-sans-sc";
const fonts = "../src/opsloop/exchange/printing/fonts";
mkdirSync(fonts, { recursive: true });
for (const weight of ["400Regular", "700Bold"]) {
  copyFileSync(`${font}/${weight}/NotoSansSC_${weight}.ttf`, `${fonts}/NotoSansSC_${weight}.ttf`);
}
copyFileSync(`${font}/LICENSE_FONT`, `${fonts}/OFL.txt`);
