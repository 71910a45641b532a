// Messages that wait for their time: a table of them, by which the dispatcher finds those that are due, and the queue of its
// wake-ups.
//
//   G12. A function may reach the items of its own contract only: nobody cancels, moves or reads another's.
import { dueIndex } from "@essentially-once/messaging/internal/schedule/scheduled-item";
import { CfnOutput, Duration } from "aws-cdk-lib";
import { AttributeType, ProjectionType } from "aws-cdk-lib/aws-dynamodb";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Sizes } from "../config/config.ts";
import type { NodeFunction } from "./node-function.ts";
import { denyOtherSenders, pathOfRoles, rolesBelow } from "./queue-senders.ts";
import { RedriveQueue } from "./redrive-queue.ts";
import { ServiceTable } from "./service-table.ts";

/** What a function that schedules needs. */
export interface ScheduleAccess {
  /** @param contract the name of the function's contract, by which its items begin */
  use(user: LambdaFunction, contract: string): void;
}

/** On the items of its own contract. */
export const ownScheduleActions: readonly string[] = [
  "dynamodb:GetItem",
  "dynamodb:BatchGetItem", // the messages of a batch are read together
  "dynamodb:PutItem",
  "dynamodb:UpdateItem",
  "dynamodb:DeleteItem",
];

export class ScheduleStore extends Construct implements ScheduleAccess {
  readonly table: ServiceTable;
  readonly wakeUps: RedriveQueue;

  constructor(scope: Construct, id: string, sizes: Sizes) {
    super(scope, id);
    const { keepsData, encryptionKeyArn } = sizes;
    this.table = new ServiceTable(this, "Table", {
      keepsData,
      encryptionKeyArn,
      indexes: [
        {
          indexName: dueIndex,
          partitionKey: { name: "slot", type: AttributeType.STRING },
          sortKey: { name: "due", type: AttributeType.STRING },
          projectionType: ProjectionType.KEYS_ONLY, // the message is read when it is due
        },
      ],
    });
    this.wakeUps = new RedriveQueue(this, "WakeUps", {
      functionTimeout: dispatchTimeout,
      batchWindow: Duration.seconds(0),
      maxReceiveCount: 5,
      countedBy: "queue",
      keepsData,
      encryptionKeyArn,
      stackPrefix: sizes.stackPrefix,
    });
    // Publisher and sweeper may send to all queues of the stage by their names, and have no business here.
    denyOtherSenders(this.wakeUps.queue, { senders: [rolesThatSchedule(this, sizes)], sizes });
    denyOtherSenders(this.wakeUps.deadLetterQueue, { senders: [], sizes }); // SQS alone moves wake-ups there
    this.#output("SchedulesTable", this.table.tableName); // for `npm run schedules`
    this.#output("SchedulesWakeUps", this.wakeUps.queue.queueUrl);
  }

  #output(key: string, value: string): void {
    new CfnOutput(this, `${key}Output`, { value }).overrideLogicalId(key);
  }

  use(user: LambdaFunction, contract: string): void {
    tellSchedules(user, { table: this.table.tableName, wakeUpQueueUrl: this.wakeUps.queue.queueUrl });
    this.table.grantOwn(user, `${contract}#`, ...ownScheduleActions);
    this.wakeUps.queue.grant(user, "sqs:SendMessage");
  }

  /** For the dispatcher, which finds, reads and removes the items of all contracts. */
  useAll(user: NodeFunction): void {
    tellSchedules(user, { table: this.table.tableName, wakeUpQueueUrl: this.wakeUps.queue.queueUrl });
    this.table.grant(user, "dynamodb:BatchGetItem", "dynamodb:DeleteItem");
    grantIndex(user, this.table);
    this.wakeUps.queue.grant(
      user,
      "sqs:SendMessage",
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
    );
  }
}

export function tellSchedules(
  user: LambdaFunction,
  { table, wakeUpQueueUrl }: { readonly table: string; readonly wakeUpQueueUrl: string },
): void {
  user.addEnvironment("SCHEDULES_TABLE", table);
  user.addEnvironment("WAKE_UP_QUEUE_URL", wakeUpQueueUrl);
}

/** Of the services, and of the dispatcher. */
function rolesThatSchedule(scope: Construct, sizes: Sizes): string {
  return rolesBelow(scope, pathOfRoles(sizes, "service"));
}

function grantIndex(user: IGrantable, table: ServiceTable): void {
  Grant.addToPrincipal({
    grantee: user,
    actions: ["dynamodb:Query"],
    resourceArns: [`${table.tableArn}/index/${dueIndex}`],
  });
}

/** Ends before the next run begins, so that two rarely overlap. */
export const dispatchTimeout = Duration.seconds(50);
