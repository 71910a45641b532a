// What the model is about: which calls a consumer and a publisher make, in which order, and which of them are
// one transaction. `essentiallyOnce` is what packages/messaging/src does; each broken protocol differs in one thing.

/** One AWS call of a consumer. */
export type Call =
  | { readonly does: "find evidence" }
  | { readonly does: "read state" }
  | { readonly does: "write"; readonly writes: readonly Part[] }
  | { readonly does: "note evidence" }
  | { readonly does: "acknowledge" };

/** What a write holds; evidence is written on the condition that there is none, an effect under the version read. */
export type Part = "evidence" | "effect" | "outbox";

export interface Protocol {
  readonly consumer: readonly Call[];
  /** Whether evidence is looked for on the first delivery too, and not only on redelivery. */
  readonly findsAlways: boolean;
  readonly publisher: readonly PublisherCall[];
  /** What a publisher makes of an entry that SQS refused behind its 200. */
  readonly refused: "kept" | "ignored";
  readonly sweeper: boolean;
  /** Whether unsent rows have a time to live. */
  readonly rowsExpire: boolean;
  /** Whether an effect is written on the condition that its state has not moved. */
  readonly version: boolean;
  /** Parks what may have outlived its evidence; the margin is longer than any invocation. */
  readonly ageGate: "with margin" | "without margin" | "none";
  /** What evidence is named after; SQS's own id is another one after a redrive. */
  readonly identity: "envelope" | "SQS messageId";
}

export type PublisherCall = "send" | "delete row";

const acknowledge: Call = { does: "acknowledge" };
const find: Call = { does: "find evidence" };
const note: Call = { does: "note evidence" };
const read: Call = { does: "read state" };
const write = (...writes: Part[]): Call => ({ does: "write", writes });

export const essentiallyOnce: Protocol = {
  consumer: [find, read, write("evidence", "effect", "outbox"), acknowledge],
  findsAlways: false,
  publisher: ["send", "delete row"],
  refused: "kept",
  sweeper: true,
  rowsExpire: false,
  version: true,
  ageGate: "with margin",
  identity: "envelope",
};

/** Each is one change away from the protocol that holds; `breaks` is the promise that it must break. */
export const brokenProtocols: readonly Broken[] = [
  { name: "no evidence", breaks: "G2", with: { consumer: [read, write("effect", "outbox"), acknowledge] } },
  {
    name: "evidence first, then the effect",
    breaks: "G6",
    with: { consumer: [write("evidence"), read, write("effect", "outbox"), acknowledge] },
  },
  {
    name: "effect first, then evidence",
    breaks: "G2",
    with: { consumer: [find, read, write("effect", "outbox"), note, acknowledge], findsAlways: true },
  },
  {
    name: "outbox after the effect",
    breaks: "G3",
    with: { consumer: [find, read, write("evidence", "effect"), write("outbox"), acknowledge] },
  },
  {
    name: "outbox before the effect",
    breaks: "G1",
    with: { consumer: [find, read, write("outbox"), write("evidence", "effect"), acknowledge] },
  },
  {
    name: "acknowledged before the commit",
    breaks: "G6",
    with: { consumer: [acknowledge, find, read, write("evidence", "effect", "outbox")] },
  },
  { name: "no version on the state", breaks: "G2", with: { version: false } },
  { name: "row deleted before the send", breaks: "G3", with: { publisher: ["delete row", "send"] } },
  { name: "refused entries ignored", breaks: "G3", with: { refused: "ignored" } },
  { name: "no sweeper", breaks: "liveness", with: { sweeper: false } },
  { name: "a time to live on unsent rows", breaks: "G3", with: { rowsExpire: true } },
  { name: "no age gate", breaks: "G2", with: { ageGate: "none" } },
  { name: "an age gate without margin", breaks: "G2", with: { ageGate: "without margin" } },
  { name: "identity = SQS messageId", breaks: "G2", with: { identity: "SQS messageId" } },
];

export interface Broken {
  readonly name: string;
  readonly breaks: string;
  readonly with: Partial<Protocol>;
}
