// The template without the sample: what docs/make-it-yours.md does by hand.
import type { Files } from "./write-app.ts";

const services = ["orders", "credit", "shipping", "insights"];
const ofSample = new RegExp(
  `^(demo|test/demo|test/functions|functions/(${services.join("|")}))/|^(test/)?lib/(${services.join("|")}|sample)-`,
);

export function withoutSample(files: Files): Files {
  return new Map(
    [...files]
      .filter(([path]) => !ofSample.test(path))
      .map(([path, text]): [string, string] => {
        if (path === "bin/app.ts")
          return [path, text.replaceAll(/^.*(Orders|Credit|Shipping|Insights)Stack.*\n/gm, "")];
        if (path === "package.json") return [path, text.replace("node demo/start.ts", "local-cloud")];
        if (path === "tsconfig.json") return [path, text.replace(/\s*"demo",/, "")];
        if (path === "essentially-once.json") return [path, files.get(`empty-${path}`) ?? text];
        return [path, text];
      }),
  );
}
