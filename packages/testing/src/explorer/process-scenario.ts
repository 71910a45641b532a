// One run of a process: its messages are sent one by one, each when all is quiet, and after each the item, what was
// published and what was parked must be as the table says.
import { isDeepStrictEqual } from "node:util";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { noItem, type Process, type ProcessItem } from "@essentially-once/messaging/process";
import { anEnvelope } from "../support/an-envelope.ts";
import type { ProcessScenario } from "./explore-process.ts";
import { type Decided, decide, modelOf } from "./process-model.ts";
import type { Order } from "./process-orders.ts";
import { timersOfRun } from "./process-timers.ts";
import type { HandlerSource } from "./program.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Exclusions, Scenario } from "./scenario.ts";

export interface Script {
  /** The status that the run begins in, or `none`. */
  readonly begin: string;
  readonly order: Order;
}

/** @param script asked at the beginning of each run */
export function processScenario(
  process: Process,
  handler: HandlerSource,
  run: ProcessScenario,
  script: () => Script,
): Scenario {
  const { fifo = false, tables = {}, guarded = false, environment, open } = run;
  return {
    name: process.name,
    sandbox: {
      tables: { ...tables, ...(process.schedules?.length && { SCHEDULES_TABLE: {} }) },
      guarded,
      queues: { main: { fifo } },
      ...(environment && { environment }),
      ...(open && { open }),
    },
    functions: [{ handler, by: { kind: "queue", queue: "main" } }],
    without: { ...(fifo && inGroup), ...run.without },
    async begin(sandbox, unique) {
      const { begin, order } = script();
      const messages = messagesOf(run, unique);
      const id = idOf(process, messages);
      const item = itemIn(run, begin, { unique, id });
      if (item) await sandbox.put(process.table.variable, { ...item });
      const sent = new Map<number, Envelope>();
      const told: string[] = [];
      const left = [...order];
      const timers = timersOfRun(process, sandbox, id);
      let model = modelOf(process, item);
      const decisions: Sent[] = [];
      let wrong: string | undefined;
      return {
        async whenQuiet() {
          wrong ??= await difference();
          if (wrong !== undefined || (fifo && decisions.at(-1)?.decided.kind === "parked")) return false; // which holds its group
          const place = left.find((one) => !model.open.has(messages[one]?.id ?? ""));
          if (place === undefined) return false;
          left.splice(0, left.indexOf(place) + 1);
          const message = sent.get(place) ?? (await timers.due(model, messages[place] as Envelope));
          sent.set(place, message);
          const decided = decide(process, model, message);
          decisions.push({ message, decided });
          model = decided.after;
          told.push(`${message.type} in ${decided.status} (${decided.to ?? decided.kind})`);
          await sandbox.send("main", { key: message.partitionkey, body: asciiJson(message) });
          return true;
        },
        async violations() {
          try {
            wrong ??= (await parkedElse(sandbox, decisions)) ?? (await publishedElse(sandbox, decisions));
            if (wrong === undefined) await run.invariant?.(sandbox, unique, model.item);
          } catch (error) {
            wrong = error instanceof Error ? error.message : String(error);
          }
          if (wrong === undefined) return [];
          return [`from ${begin}, after ${told.join(", then ") || "nothing"}: ${wrong}`];
        },
      };

      async function difference(): Promise<string | undefined> {
        const found = domainOf(await sandbox.get(process.table.variable, id));
        const wanted = domainOf(model.item);
        if (!isDeepStrictEqual(found, wanted))
          return `G14: the item is ${textOf(found)}, and not ${textOf(wanted)}`;
        return timers.difference(model);
      }
    },
  };
}

interface Sent {
  readonly message: Envelope;
  readonly decided: Decided;
}

async function parkedElse(sandbox: Sandbox, decisions: readonly Sent[]): Promise<string | undefined> {
  const found = (await sandbox.deadLetters("main")).map(({ reason = "too many receives" }) => reason).sort();
  const wanted = decisions.flatMap(({ decided: { code } }) => code ?? []).sort();
  if (isDeepStrictEqual(found, wanted)) return undefined;
  return `G14: parked with ${found.join(", ") || "nothing"}, and not with ${wanted.join(", ") || "nothing"}`;
}

async function publishedElse(sandbox: Sandbox, decisions: readonly Sent[]): Promise<string | undefined> {
  // A message that was parked, and sent again, is decided once more.
  for (const [, ofOne] of Map.groupBy(decisions, ({ message }) => message.id)) {
    const message = ofOne[0]?.message as Envelope;
    const published = ofOne.flatMap(({ decided }) => decided.published);
    const wanted = published.map(({ type, data }) => ({ type, data }));
    const found = (await sandbox.published(message.id)).map(({ type, data }) => ({ type, data }));
    if (isDeepStrictEqual(found, wanted)) continue;
    return `G1: ${message.type} published ${textOf(found)}, and not ${textOf(wanted)}`;
  }
  return undefined;
}

const inGroup: Exclusions = Object.fromEntries(
  (["twice-before", "twice-after", "frozen-before", "frozen-after"] as const).map((kind) => [
    kind,
    "a FIFO group is with one invocation at a time",
  ]),
);

/** The item of a run that begins with one. */
export function itemIn(
  { given }: ProcessScenario,
  status: string,
  { unique, id }: { readonly unique: string; readonly id: string },
): ProcessItem | undefined {
  return status === noItem ? undefined : { ...given?.(unique, status), id, version: 1, status };
}

/** @throws Error when the messages are for more than one item */
export function idOf(process: Process, messages: readonly Envelope[]): string {
  const [id = "", ...others] = new Set(messages.map((message) => process.key(message)));
  if (others.length === 0) return id;
  throw new Error(`${process.name}: all messages must be for one item, got ${[id, ...others].join(", ")}`);
}

/** Those of the scenario, and behind them another one of each that says the same. */
export function messagesOf({ messages }: ProcessScenario, unique: string): Envelope[] {
  const drafts = messages(unique);
  return [...drafts, ...drafts].map((draft, place) => anEnvelope({ ...draft, id: `${unique}-${place}` }));
}

/** Without what the kit keeps in it. */
function domainOf(item: object | undefined): object {
  const kits = (name: string) => ["version", "enteredBy", "begunBy"].includes(name) || name.startsWith("eo_");
  const own = Object.entries(item ?? {}).filter(([name, value]) => !kits(name) && value !== undefined);
  return Object.fromEntries(own);
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? "absent";
}
