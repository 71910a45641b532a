// Where in the sources a call was made, and by whom: the handler or the kit. Told by the stack of the moment at which
// the client was asked; bundles have source maps for it. Nothing is read before somebody asks.
import { SourceMap } from "node:module";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export interface CallSite {
  /** `kit` when the nearest code of this project is the kit's; what cannot be told is the handler's. */
  readonly by: "handler" | "kit";
  /** `functions/credit/reserve-credit.ts:22`: the nearest line that is not the kit's, when there is one. */
  readonly line: string | undefined;
}

const framesMax = 50;

/** Call it where the client is asked. */
export function stackHere(): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = framesMax; // the kit may be many frames above the handler
  try {
    return new Error("call");
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

export function callSite(stack: Error | undefined): CallSite {
  const places = placesIn(stack).filter(({ file }) => !isTransparent(file));
  const own = places.find(({ file }) => !isKit(file));
  const [nearest] = places;
  return {
    by: nearest !== undefined && isKit(nearest.file) ? "kit" : "handler",
    line: own && `${own.file}:${own.line}`,
  };
}

const bundles = new Map<string, string | SourceMap>();

/** The text of a bundled file that has its source map in it, by the name that stands in stacks. */
export function rememberBundle(file: string, text: string): void {
  bundles.set(file, text);
}

interface Place {
  /** From the project's root, or absolute when it is outside. */
  readonly file: string;
  readonly line: number;
}

/** `at name (file:line:column)`, `at async file:line:column` */
const frame = /^\s*at (?:.*\()?(\S+?):(\d+):(\d+)\)?$/;

function placesIn(stack: Error | undefined): Place[] {
  return (stack?.stack ?? "").split("\n").flatMap((text) => {
    const [, file, line, column] = frame.exec(text) ?? [];
    return file === undefined ? [] : [placeOf(file, Number(line), Number(column))];
  });
}

function placeOf(file: string, line: number, column: number): Place {
  const map = mapOf(file);
  const found = map?.findEntry(line - 1, column - 1);
  if (found && "originalSource" in found) return { file: found.originalSource, line: found.originalLine + 1 };
  if (map) return { file: "node_modules/esbuild", line }; // esbuild's own lines come from no source
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  const below = relative(process.cwd(), path);
  return { file: below.startsWith("..") ? path : below.split(sep).join("/"), line };
}

const inline = /\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/;

function mapOf(file: string): SourceMap | undefined {
  const known = bundles.get(file);
  if (typeof known !== "string") return known;
  const [, encoded = ""] = inline.exec(known) ?? [];
  const map = new SourceMap(JSON.parse(Buffer.from(encoded, "base64").toString("utf8")));
  bundles.set(file, map);
  return map;
}

/** Whoever asked is behind these. */
function isTransparent(file: string): boolean {
  return !isKit(file) && /^(node:|packages\/testing\/src\/explorer\/)|(^|\/)node_modules\//.test(file);
}

/** As a workspace or installed; the functions of the relay are the kit's, with nothing of the app's around them. */
function isKit(file: string): boolean {
  return /(^|\/)(packages\/messaging\/src|node_modules\/@essentially-once\/messaging)\//.test(file);
}
