// The frames around nodes that belong together, with their names.

import type { Layout } from "./layout.ts";

export function GraphClusters({ layout }: { readonly layout: Layout }) {
  return (
    <>
      {[...layout.clusters].map(([name, { x, y, width, height }]) => (
        <g key={name} class="cluster" transform={`translate(${x - width / 2} ${y - height / 2})`}>
          <rect width={width} height={height} rx="10" />
          <text x="14" y="4">
            {name}
          </text>
        </g>
      ))}
    </>
  );
}
