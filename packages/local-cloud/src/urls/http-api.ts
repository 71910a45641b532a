// An HTTP API of API Gateway in front of functions: finds the route of a request, and builds the event of its function.
//
//   The most particular route wins: a path before one with variables, that before a greedy one, a method before ANY.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html

import type { HttpApiRoute } from "../model/model.ts";

export interface MatchedRoute {
  readonly route: HttpApiRoute;
  readonly pathParameters: Readonly<Record<string, string>>;
}

const ANY = "ANY";
const DEFAULT = "$default";

/** Undefined when no route takes it, and there is no `$default`. */
export function matchRoute(
  routes: readonly HttpApiRoute[],
  { method, path }: { readonly method: string; readonly path: string },
): MatchedRoute | undefined {
  const [best] = routes
    .flatMap((route) => {
      if (route.routeKey === DEFAULT) return [{ route, pathParameters: {}, rank: [0] }];
      const [ofMethod = "", ofPath = ""] = route.routeKey.split(" ");
      if (ofMethod !== ANY && ofMethod !== method) return [];
      const match = patternOf(ofPath).exec(path);
      if (!match) return [];
      const literals = ofPath.split("/").filter((part) => part && !part.startsWith("{")).length;
      const rank = [1, ofPath.endsWith("+}") ? 0 : 1, literals, ofMethod === ANY ? 0 : 1];
      return [{ route, pathParameters: decoded(match.groups ?? {}), rank }];
    })
    .sort((left, right) => compare(right.rank, left.rank));
  return best && { route: best.route, pathParameters: best.pathParameters };
}

/** `/orders/{id}` takes one part of the path, `/{proxy+}` all that is left. */
function patternOf(path: string): RegExp {
  const source = path
    .split(/(\{[^}]+\})/)
    .map((part) => {
      const [, name = "", greedy] = /^\{([\w-]+)(\+?)\}$/.exec(part) ?? [];
      if (name) return `(?<${name.replaceAll("-", "_")}>${greedy ? ".+" : "[^/]+"})`;
      return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    })
    .join("");
  return new RegExp(`^${source}/?$`);
}

function decoded(groups: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, decodeURIComponent(value)]],
    ),
  );
}

function compare(left: readonly number[], right: readonly number[]): number {
  const difference = left.map((value, index) => value - (right[index] ?? 0)).find((one) => one !== 0);
  return difference ?? 0;
}
