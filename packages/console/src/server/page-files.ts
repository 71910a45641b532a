// The page: bundled once, when it is first asked for, by the esbuild that is there. Nothing of it comes from elsewhere.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Answer, Refused } from "./answer.ts";

export interface PageFiles {
  /** Undefined when the page has no such file. */
  answer(path: string): Promise<Answer | undefined>;
}

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>essentially-once</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body>
<div id="page"><noscript>The console needs JavaScript.</noscript></div>
</body>
</html>
`;

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<circle cx="8" cy="8" r="6" fill="none" stroke="#2a9d6f" stroke-width="2"/><path d="M5 8l2 2 4-4" fill="none" stroke="#2a9d6f" stroke-width="2"/>
</svg>
`;

export function pageFiles(entry = fileURLToPath(new URL("../page/main.tsx", import.meta.url))): PageFiles {
  let bundled: Promise<Record<"js" | "css", Uint8Array>> | undefined;
  return {
    async answer(path) {
      if (path === "/") return { status: 200, type: "text/html; charset=utf-8", body: HTML };
      if (path === "/icon.svg") return { status: 200, type: "image/svg+xml", body: ICON };
      const [, ending] = /^\/page\.(js|css)$/.exec(path) ?? [];
      if (ending === undefined) return undefined;
      bundled ??= bundle(entry);
      const files = await bundled;
      return ending === "js"
        ? { status: 200, type: "text/javascript; charset=utf-8", body: files.js }
        : { status: 200, type: "text/css; charset=utf-8", body: files.css };
    },
  };
}

async function bundle(entry: string): Promise<Record<"js" | "css", Uint8Array>> {
  if (!existsSync(entry)) throw new Refused(500, `The page's source is missing: ${entry}`);
  const { build } = await import("esbuild"); // a console that nobody opens does not load it
  const { outputFiles } = await build({
    entryPoints: { page: entry },
    outdir: "out",
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2023",
    tsconfigRaw: {}, // where it is published there is none
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "inline",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const of = (ending: string) =>
    outputFiles.find(({ path }) => path.endsWith(ending))?.contents ?? new Uint8Array();
  return { js: of(".js"), css: of(".css") };
}
