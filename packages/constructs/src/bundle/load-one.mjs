// Run by load-all.mjs, once for each bundle: imports the file of the handler as Lambda's runtime does, without a network.
import { existsSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

Socket.prototype.connect = function connect() {
  throw Object.assign(new Error("it uses the network while it loads"), { code: "NETWORK_AT_LOAD" });
};
process.on("uncaughtException", (error) => end(error)); // unhandled rejections too

const [, , directory, handler] = process.argv;
const [, file, exported] = /^(.+)\.([^.]+)$/.exec(handler) ?? [];
const path = [".js", ".mjs", ".cjs"].map((extension) => join(directory, file + extension)).find(existsSync);
if (path === undefined) end(new Error(`there is no ${file}.js, .mjs or .cjs`));
else await import(pathToFileURL(path).href).then(check, end);

function check(module) {
  if (typeof (module[exported] ?? module.default?.[exported]) !== "function") {
    end(new Error(`${file} exports no function ${exported}; it exports: ${Object.keys(module).join(", ")}`));
  } else setImmediate(end); // a promise that was left alone may have failed
}

function end(error) {
  const answer =
    error === undefined
      ? "loaded"
      : { message: error?.message ?? String(error), stack: error?.stack ?? "", code: error?.code };
  process.send(answer, () => process.exit(0));
}
