// A plugin of StrykerJS: of a drawn change's range it takes the node itself, and leaves out what is inside.
import { readFileSync } from "node:fs";
import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";

const drawn = JSON.parse(readFileSync(process.env.DRAWN_CHANGES, "utf8"));

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, "only-drawn", {
    shouldIgnore({ node: { loc } }) {
      if (!loc) return undefined;
      const inside = drawn.some((range) => holds(range, loc));
      const needed = drawn.some((range) => holds(loc, range));
      return inside && !needed ? "it was not drawn" : undefined;
    },
  }),
];

function holds(outer, inner) {
  return before(outer.start, inner.start) && before(inner.end, outer.end);
}

function before(one, other) {
  return one.line < other.line || (one.line === other.line && one.column <= other.column);
}
