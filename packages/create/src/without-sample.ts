// The template without the sample.
import type { Files } from "./write-app.ts";

const services = ["orders", "credit", "shipping", "insights"];
const ofSample = new RegExp(
  `^(demo|test/demo|(test/)?functions/(${services.join("|")}))/|^(test/)?lib/(${services.join("|")})-`,
);

/** @param start `demo` when a demo takes the place of the sample's; unless given, `npm start` is the local cloud alone */
export function withoutSample(files: Files, start: "demo" | "local-cloud" = "local-cloud"): Files {
  return new Map(
    [...files]
      .filter(([path]) => !ofSample.test(path))
      .map(([path, text]): [string, string] => {
        if (path === "bin/app.ts") {
          const without = text.replaceAll(/^.*(Orders|Credit|Shipping|Insights)Stack.*\n/gm, "");
          return [path, without.replace("= [\n];", "= [];")];
        }
        if (start === "demo") return [path, text];
        if (path === "README.md") return [path, text.replace(/^\| `demo\/`.*\n/m, "")];
        if (path === "package.json")
          return [path, text.replace(/NODE_COMPILE_CACHE=\S+ node demo\/start\.ts/, "local-cloud")];
        if (path === "tsconfig.json") return [path, text.replace(/\s*"demo",/, "")];
        return [path, text];
      }),
  );
}
