// What an invariant can ask: which messages were committed because of another, whichever way they leave.
import { DeleteItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { exploreCrashes } from "@essentially-once/testing/explore-crashes";
import { type Explorer, openExplorer } from "@essentially-once/testing/internal/explorer/explorer";
import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import type { Published } from "@essentially-once/testing/internal/explorer/published";
import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bodiesOf } from "./scenarios/deposits.ts";
import { type Account, Confirmed, Deposited, deposit } from "./scenarios/handlers/messages.ts";

const deposits = contract({ name: "confirms", accepts: [Deposited], publishes: [Confirmed] });

const forms: Readonly<Record<string, () => Handler>> = {
  rows: () => confirming((built) => built.use(idempotency({ evidence: rows() }))),
  inline: () =>
    confirming((built) => {
      const table = String(process.env.ACCOUNTS_TABLE);
      const itemOf = ({ partitionkey }: { readonly partitionkey: string }) => partitionkey;
      return built.use(idempotency({ evidence: inline({ table, itemOf }) }));
    }),
};

type Built = ReturnType<typeof consumer<typeof deposits>>;

/** Confirms a deposit twice: once to each of two keys. */
function confirming(withEvidence: (built: Built) => Built): Handler {
  const accounts = versionedTable<Account>(String(process.env.ACCOUNTS_TABLE));
  return withEvidence(consumer(deposits)).handler(async ({ data: { account, amount } }, unit) => {
    unit.write(accounts.save(deposit(await accounts.get(account), account, amount)));
    unit.publish(
      Confirmed.from({ account, amount }),
      Confirmed.from({ account: `${account}-other`, amount }),
    );
  });
}

let explorer: Explorer;
let form: string;
let asked: readonly (readonly Published[])[];

beforeAll(async () => {
  explorer = await openExplorer({
    name: "published",
    sandbox: { tables: { ACCOUNTS_TABLE: { stream: true } } },
    functions: [
      {
        handler: () => (forms[form] as () => Handler)(),
        name: "confirms",
        by: { kind: "queue", queue: "main" },
      },
    ],
    async begin(sandbox, unique) {
      const bodies = bodiesOf(unique, [
        { account: unique, amount: 1 },
        { account: unique, amount: 2 },
      ]);
      await sandbox.send("main", ...bodies.map((body) => ({ body })));
      return {
        async violations() {
          await deleteRows(sandbox);
          asked = await Promise.all(
            [`${unique}-1`, `${unique}-2`, unique].map((id) => sandbox.published(id)),
          );
          return [];
        },
      };
    },
  });
});
afterAll(() => explorer.close());

/** As a publisher does when it has sent them. */
async function deleteRows({ clients: { dynamodb }, table }: Sandbox): Promise<void> {
  const TableName = table("ORDERED_OUTBOX_TABLE");
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName }));
  for (const { id = { S: "" }, place = { S: "" } } of Items)
    await dynamodb.send(new DeleteItemCommand({ TableName, Key: { id, place } }));
}

it.each(Object.keys(forms))("gives type, key and data of each message, by its cause: %s", async (name) => {
  form = name;
  const lost = {
    kind: "lost-response",
    command: name === "rows" ? "TransactWriteItems" : "UpdateItem",
    nth: 1,
  };
  const { violations } = await explorer.run([lost as never]);
  expect(violations).toEqual([]);
  const [first = [], second = [], none] = asked;
  expect(none).toEqual([]);
  expect(first.map(({ type, data }) => [type, (data as Account & { amount: number }).amount])).toEqual([
    [Confirmed.type, 1],
    [Confirmed.type, 1],
  ]);
  expect(new Set(first.map(({ key }) => key)).size).toBe(2);
  expect(second.map(({ data }) => (data as { amount: number }).amount)).toEqual([2, 2]);
});

it("ids are unique over all calls of exploreCrashes", async () => {
  const seen: string[] = [];
  const scenario = {
    messages: (unique: string) => {
      seen.push(unique);
      return [unique];
    },
    invariant: async () => undefined,
  };
  await exploreCrashes(() => async () => undefined, scenario);
  await exploreCrashes(() => async () => undefined, scenario);
  expect(seen.length).toBeGreaterThan(1);
  expect(new Set(seen).size).toBe(seen.length);
});
