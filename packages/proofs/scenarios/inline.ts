// Inline under faults: two messages of one account, whose confirmations must be in its stream once each.
import { nowIso } from "@essentially-once/messaging/clock";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { entryOf, withEntry } from "@essentially-once/messaging/internal/commit/evidence-text";
import { readInlineRows } from "@essentially-once/messaging/internal/publish/inline-stream";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { readOn } from "@essentially-once/testing/internal/explorer/stream-source";
import { type Deposit, depositsTo, nothingParked, sums } from "./deposits.ts";
import { Deposited } from "./handlers/messages.ts";

export interface InlineScenarioOptions {
  readonly by?: "ids" | "sequence";
  readonly workers?: number;
  readonly messages?: number;
  /** Each message has an account of its own: their writes share requests. */
  readonly apart?: boolean;
}

export function inlineScenario({
  by = "ids",
  workers = 1,
  messages = 2,
  apart = false,
}: InlineScenarioOptions = {}): Scenario {
  return {
    name: `inline, by ${by}${apart ? ", in one request" : ""}`,
    sandbox: { tables: { ACCOUNTS_TABLE: { stream: true } } },
    functions: [
      {
        handler: `packages/proofs/scenarios/handlers/${by === "ids" ? "inline" : "sequence"}.ts`,
        by: { kind: "queue", queue: "main", workers },
      },
    ],
    async begin(sandbox, unique) {
      const deposits = [
        { account: `a-${unique}`, amount: 100 },
        { account: apart ? `b-${unique}` : `a-${unique}`, amount: 10 },
      ].slice(0, messages);
      await depositsTo(sandbox, "main", unique, deposits, { numbered: by === "sequence" });
      return {
        async violations() {
          return [
            ...(await sums(sandbox, deposits)),
            ...(await confirmedInStream(sandbox, deposits)),
            ...(by === "sequence" && !apart ? await inOrder(sandbox, deposits) : []),
            ...(await nothingParked(sandbox, "main")),
          ];
        },
      };
    },
  };
}

/** Evidence as rows, and the messages in the account: two units share a transaction, and a third is of the first account. */
export function messagesInItemScenario({ workers = 1, messages = 3 } = {}): Scenario {
  return {
    name: "rows, messages in the item",
    sandbox: { tables: { ACCOUNTS_TABLE: { stream: true } } },
    functions: [
      {
        handler: "packages/proofs/scenarios/handlers/messages-in-item.ts",
        by: { kind: "queue", queue: "main", workers },
      },
    ],
    async begin(sandbox, unique) {
      const [a, b] = [`a-${unique}`, `b-${unique}`];
      const deposits = [
        { account: a, amount: 100 },
        { account: b, amount: 10 },
        { account: a, amount: 1 },
      ].slice(0, messages);
      await depositsTo(sandbox, "main", unique, deposits);
      return {
        async violations() {
          return [
            ...(await sums(sandbox, deposits)),
            ...(await confirmedInStream(sandbox, deposits)),
            ...(await nothingParked(sandbox, "main")),
          ];
        },
      };
    },
  };
}

/**
 * An account whose item is about to put what has left it into a row: a message that does so, one that comes after it, and
 * copies of messages in the row, with new times.
 */
export function inlineOverflowScenario({ workers = 1, messages = 2, copies = 1 } = {}): Scenario {
  return {
    name: "inline, by ids, beyond the item",
    sandbox: { tables: { ACCOUNTS_TABLE: { stream: true } } },
    functions: [
      {
        handler: "packages/proofs/scenarios/handlers/inline-overflow.ts",
        by: { kind: "queue", queue: "main", workers },
      },
    ],
    async begin(sandbox, unique) {
      const account = `a-${unique}`;
      const deposits = [100, 10].slice(0, messages).map((amount) => ({ account, amount }));
      const before = Array.from({ length: leavingNow }, (_, n) =>
        anEnvelope({
          ...Deposited.from({ account, amount: 1 }),
          id: `${unique}-before-${n}`,
          source: "/bank",
        }),
      );
      const evidence = before.reduce<string | undefined>(
        (text, message) => withEntry(text, entryOf("explored-inline-overflow", message), 1, 0),
        undefined,
      );
      await sandbox.put("ACCOUNTS_TABLE", {
        id: account,
        version: 1,
        sum: 0,
        history: [],
        eo_evidence: evidence,
      });
      await depositsTo(sandbox, "main", unique, deposits);
      for (const message of before.slice(0, copies)) {
        await sandbox.send("main", { body: asciiJson({ ...message, time: nowIso() }), key: account });
      }
      return {
        async violations() {
          return [
            ...(await sums(sandbox, deposits)),
            ...(await confirmedInStream(sandbox, deposits)),
            ...(await nothingParked(sandbox, "main")),
          ];
        },
      };
    },
  };
}

/** Ten have left a window of one. */
const leavingNow = 11;

async function inOrder(sandbox: Sandbox, deposits: readonly Deposit[]): Promise<string[]> {
  const { history = [] } = (await sandbox.get("ACCOUNTS_TABLE", deposits[0]?.account ?? "")) ?? {};
  const wanted = deposits.map(({ amount }) => amount);
  return JSON.stringify(history) === JSON.stringify(wanted)
    ? []
    : [`G4: the deposits took effect as ${history} and not as ${wanted}`];
}

async function confirmedInStream(sandbox: Sandbox, deposits: readonly Deposit[]): Promise<string[]> {
  const rows = (await readOn(sandbox, "ACCOUNTS_TABLE")).map(({ dynamodb }) => {
    const { NewImage: newImage = {}, OldImage: oldImage, SequenceNumber = "" } = dynamodb ?? {};
    const change = { newImage, oldImage, sequenceNumber: SequenceNumber } as Parameters<
      typeof readInlineRows
    >[0];
    return readInlineRows(change);
  });
  const amounts = rows
    .flat()
    .flatMap(({ messages }) => messages.map(({ envelope }) => envelope.data)) as Deposit[];
  return deposits.flatMap(({ account, amount }) => {
    const times = amounts.filter((one) => one.account === account && one.amount === amount).length;
    return times === 1 ? [] : [`G1: the deposit of ${amount} to ${account} is confirmed ${times} times`];
  });
}
