// The engine here answers every read with the latest; DynamoDB does so only when it is asked. A read that does not
// ask would show an account, evidence or an offset as it was, and nothing on this machine would notice. So each read
// of each scenario is looked at.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { openExplorer } from "@essentially-once/testing/internal/explorer/explorer";
import { currentProcess } from "@essentially-once/testing/internal/explorer/process-identity";
import { afterAll, beforeAll, expect, it } from "vitest";
import { atMostOnceScenario } from "./scenarios/at-most-once.ts";
import { effectScenario } from "./scenarios/effect.ts";
import { fifoScenario } from "./scenarios/fifo.ts";
import { inlineScenario } from "./scenarios/inline.ts";
import { publisherScenario } from "./scenarios/publisher.ts";
import { pullScenario } from "./scenarios/pull.ts";
import { rowsScenario } from "./scenarios/rows.ts";

interface Read {
  readonly command: string;
  readonly asks: boolean;
}

const reads: Read[] = [];
const clients = Object.getPrototypeOf(DynamoDBClient.prototype) as {
  send: (...given: unknown[]) => unknown;
};
const { send } = clients;

beforeAll(() => {
  clients.send = function sendAndNote(this: unknown, ...given: unknown[]) {
    if (currentProcess()) reads.push(...readsOf(given[0] as Command));
    return send.apply(this, given);
  };
});
afterAll(() => {
  clients.send = send;
});

it.each([
  rowsScenario(),
  inlineScenario(),
  atMostOnceScenario(),
  effectScenario(),
  fifoScenario({ redriven: true }),
  publisherScenario("sweeper"),
  pullScenario("rebuild"),
])("G2: every read asks for the latest: $name", async (scenario) => {
  reads.length = 0;
  const explorer = await openExplorer(scenario);
  // Delivered twice, so that the evidence is read as well.
  const { violations } = await explorer.run([{ kind: "lost-response", command: "answer", nth: 1 }]);
  await explorer.close();
  expect(violations).toEqual([]);
  expect(reads.length).toBeGreaterThan(0);
  // Rows that the stream left behind are older than any replica's delay: docs/adr/0025-order-is-kept-by-the-rows-keys.md.
  const isOlderRows = ({ command }: Read) => /^relay/.test(scenario.name) && command === "QueryCommand";
  expect(reads.filter((read) => !read.asks && !isOlderRows(read))).toEqual([]);
});

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: {
    readonly ConsistentRead?: boolean;
    readonly RequestItems?: Readonly<Record<string, { readonly ConsistentRead?: boolean }>>;
  };
}

function readsOf({ constructor: { name: command }, input }: Command): Read[] {
  if (command === "BatchGetItemCommand") {
    return Object.values(input.RequestItems ?? {}).map(({ ConsistentRead }) => ({
      command,
      asks: ConsistentRead === true,
    }));
  }
  if (!["GetItemCommand", "QueryCommand", "ScanCommand"].includes(command)) return [];
  return [{ command, asks: input.ConsistentRead === true }];
}
