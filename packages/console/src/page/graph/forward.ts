// Which edges of a graph go forward, from the places where work begins. An event loop has edges that go back; a layout from left
// to right needs to know them, and a reader sees the way forward without them.

export interface Ends {
  readonly from: string;
  readonly to: string;
}

/**
 * The edges that lead to a node that is nearer to the beginning.
 *
 * @param first nodes where work begins; the other nodes without an incoming edge are taken as beginnings after them
 */
export function backEdges<Edge extends Ends>(
  nodes: readonly string[],
  edges: readonly Edge[],
  first: readonly string[],
): ReadonlySet<Edge> {
  const depths = depthsOf(nodes, edges, first);
  return new Set(
    edges.filter(({ from, to }) => {
      const [a, b] = [depths.get(from), depths.get(to)];
      return from === to || (a !== undefined && b !== undefined && a.wave === b.wave && b.depth < a.depth);
    }),
  );
}

interface Place {
  readonly wave: number;
  readonly depth: number;
}

/** Each wave is a search breadth first from what no earlier wave has reached. */
function depthsOf(nodes: readonly string[], edges: readonly Ends[], first: readonly string[]) {
  const next = Map.groupBy(edges, ({ from }) => from);
  const entered = new Set(edges.map(({ to }) => to));
  const depths = new Map<string, Place>();
  const waves = [first, nodes.filter((node) => !entered.has(node)), ...nodes.map((node) => [node])];
  waves.forEach((beginnings, wave) => {
    let front = beginnings.filter((node) => !depths.has(node));
    for (let depth = 0; front.length > 0; depth++) {
      for (const node of front) depths.set(node, { wave, depth });
      const reached = front.flatMap((node) => (next.get(node) ?? []).map(({ to }) => to));
      front = [...new Set(reached)].filter((node) => !depths.has(node));
    }
  });
  return depths;
}
