// Step 2 of 4, the slow path: every minute, outbox rows that the stream did not deliver → queues.
//
//   G3. Able to deliver everything alone, however long the stream was down.
import { Duration, Validations } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import { NodeFunction, withoutAsyncRetries } from "./node-function.ts";
import { type OutboxAccess, useOutbox } from "./outbox-access.ts";

export class OutboxSweeper extends Construct {
  readonly function: NodeFunction;

  constructor(scope: Construct, id: string, options: OutboxAccess) {
    super(scope, id);
    const { outbox, formerOutbox, sizes } = options;
    // No reserved concurrency: two sweeps at once only send duplicates, which consumers absorb, while a new account
    // with ten concurrent executions has none to reserve and the deployment would fail.
    this.function = new NodeFunction(this, "Function", {
      ...sizes,
      entry: "relay/sweep.ts",
      roleFolder: "relay",
      functionTimeout,
    });
    this.function.configureAsyncInvoke(withoutAsyncRetries);
    useOutbox(this.function, options);
    for (const table of formerOutbox ? [outbox, formerOutbox] : [outbox])
      table.grant(this.function, "dynamodb:Scan");

    const schedule = new Rule(this, "Schedule", {
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaFunction(this.function, {
          ...withoutAsyncRetries, // the next minute is the retry
        }),
      ],
    });
    Validations.of(schedule).acknowledge({
      id: "Serverless::Serverless-EventBusDLQ",
      reason: "The next run retries, and the age of the oldest outbox row has an alarm.",
    });
  }
}

// Ends before the next sweep begins, so that two rarely overlap.
const functionTimeout = Duration.seconds(50);
