// Pull, the effect first and the offset behind it: so the effect is one that may be repeated.
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "@essentially-once/messaging/clients";
import { contract } from "@essentially-once/messaging/contract";
import { journal } from "@essentially-once/messaging/journal";
import { projection } from "@essentially-once/messaging/projection";
import { Deposited } from "./messages.ts";

const TableName = process.env.ACCOUNTS_TABLE ?? "";

export const handler = projection(contract({ name: process.env.JOURNAL_NAME ?? "", accepts: [Deposited] }), {
  journal: journal({ name: process.env.JOURNAL_NAME ?? "", partitions: 1 }),
  table: TableName,
  offset: "after-effect",
}).handler(async ({ data: { account, amount } }) => {
  await dynamodb().send(new PutItemCommand({ TableName, Item: marshall({ id: `${account}#${amount}` }) }));
});
