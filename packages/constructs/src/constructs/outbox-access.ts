// The grants that publisher and sweeper share: they append to the journal, sign, send to the queues that the registry names,
// and then delete the row.
//
//   They may send to every queue whose name begins with the prefix of the stage: only the registry knows which queues receive
//   messages. The policy of any other queue refuses them (queue-senders.ts).
import { ArnFormat, Stack, Token, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Sizes } from "../config/config.ts";
import { allowKey, customerKey } from "./customer-key.ts";
import type { NodeFunction } from "./node-function.ts";
import { useRegistry } from "./registry.ts";
import type { ServiceTable, TableAccess } from "./service-table.ts";
import type { KeyAccess } from "./signing-keys.ts";

export interface OutboxAccess {
  readonly outbox: TableAccess;
  /** Of older releases: what is in it is sent, too. */
  readonly formerOutbox?: ServiceTable;
  readonly journal: TableAccess;
  readonly signingKeys: KeyAccess;
  readonly sizes: Sizes;
}

export function useOutbox(user: NodeFunction, access: OutboxAccess): void {
  const { outbox, formerOutbox, journal, signingKeys, sizes } = access;
  signingKeys.use(user);
  useRegistry(user, sizes);
  user.addEnvironment("ORDERED_OUTBOX_TABLE", outbox.tableName);
  if (formerOutbox) user.addEnvironment("OUTBOX_TABLE", formerOutbox.tableName);
  user.addEnvironment("JOURNAL_TABLE", journal.tableName);
  for (const table of formerOutbox ? [outbox, formerOutbox] : [outbox])
    table.grant(user, "dynamodb:BatchWriteItem");
  outbox.grant(user, "dynamodb:Query"); // older rows of a key go first
  journal.grant(user, "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"); // it only ever grows
  allowSending(user, sizes);
}

function allowSending(user: NodeFunction, { stackPrefix, encryptionKeyArn }: Sizes): void {
  const stack = Stack.of(user);
  const format = { service: "sqs", resource: `${stackPrefix}*`, arnFormat: ArnFormat.NO_RESOURCE_NAME };
  allowKey(user, { key: customerKey(user, encryptionKeyArn), through: "sqs" });
  user.addToRolePolicy(
    new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [stack.formatArn(format)] }),
  );
  if (user.role === undefined) return;
  const { partition, region, account } = stack;
  const said = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);
  const arn = `arn:${said(partition, "Partition")}:sqs:${said(region, "Region")}:${said(account, "AccountId")}`;
  Validations.of(user.role).acknowledge({
    id: `AwsSolutions::AwsSolutions-IAM5[Resource::${arn}:${stackPrefix}*]`,
    reason: "A consumer is added without deploying the relay; the queue's policy limits other senders.",
  });
}
