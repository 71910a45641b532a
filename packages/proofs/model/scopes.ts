// How far the model is searched, and the search itself with all broken protocols: what the gate calls.
import { modelOf } from "./model.ts";
import { brokenProtocols, essentiallyOnce, type Protocol } from "./protocol.ts";
import { type Exploration, explore, type Violation } from "./search.ts";
import type { Bounds, State } from "./state.ts";

export type Scope = "fast" | "gate" | "long";

/** `receives` are the deliveries of a message before the dead-letter queue; after a redrive it has as many again. */
export const scopes: Readonly<Record<Scope, readonly Bounds[]>> = {
  fast: [
    { messages: 1, receives: 3, redrives: 1, invocations: 3, aging: true },
    { messages: 2, receives: 2, redrives: 0, invocations: 2, aging: false },
  ],
  gate: [
    { messages: 1, receives: 4, redrives: 2, invocations: 4, aging: true },
    { messages: 2, receives: 3, redrives: 0, invocations: 3, aging: true },
  ],
  long: [
    { messages: 2, receives: 2, redrives: 1, invocations: 2, aging: true },
    { messages: 3, receives: 2, redrives: 0, invocations: 2, aging: false },
  ],
};

/** From small to large, so that what breaks is found where its trace is shortest to read. */
const brokenBounds: readonly Bounds[] = [
  { messages: 1, receives: 2, redrives: 1, invocations: 2, aging: true },
  { messages: 2, receives: 2, redrives: 0, invocations: 2, aging: false },
];

export interface ModelFigures {
  readonly states: number;
  readonly transitions: number;
  readonly violations: readonly (Violation & { readonly bounds: Bounds })[];
  readonly seconds: number;
}

export function proveModel(scope: Scope, onProgress: (text: string) => void = () => undefined): ModelFigures {
  const startedMs = performance.now();
  const searches = scopes[scope].map((bounds) => {
    const found = explore(modelOf(essentiallyOnce, bounds));
    onProgress(`model: ${found.states} states with ${describeBounds(bounds)}`);
    return { bounds, found };
  });
  return {
    states: sum(searches, ({ found }) => found.states),
    transitions: sum(searches, ({ found }) => found.transitions),
    violations: searches.flatMap(({ bounds, found }) =>
      found.violation ? [{ ...found.violation, bounds }] : [],
    ),
    seconds: (performance.now() - startedMs) / 1_000,
  };
}

export interface BrokenProtocol {
  readonly name: string;
  /** The promise that it must break. */
  readonly breaks: string;
  /** The shortest way to break it; absent when it survived. */
  readonly violation?: Violation;
}

export function breakProtocols(): BrokenProtocol[] {
  return brokenProtocols.map(({ name, breaks, with: change }) => {
    const violation = shortest({ ...essentiallyOnce, ...change });
    return { name, breaks, ...(violation && { violation }) };
  });
}

function shortest(protocol: Protocol): Violation | undefined {
  for (const bounds of brokenBounds) {
    const { violation }: Exploration = explore<State>(modelOf(protocol, bounds));
    if (violation) return violation;
  }
  return undefined;
}

export function describeBounds({ messages, receives, redrives, invocations, aging }: Bounds): string {
  return [
    `${messages} messages`,
    `${receives} deliveries each`,
    ...(redrives > 0 ? [`${redrives} redrives`] : []),
    `${invocations} live invocations`,
    ...(aging ? ["evidence that expires"] : []),
  ].join(", ");
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
