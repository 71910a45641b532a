import { RedriveQueue } from "@essentially-once/constructs/redrive-queue";
import { CfnOutput, Duration, Stack } from "aws-cdk-lib";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import type { Construct } from "constructs";
import { OwnFunction } from "./own-function.ts";
import { queueAlarms } from "./queue-alarms.ts";

export class ReportsStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const redrive = new RedriveQueue(this, "ReportQueue", {
      functionTimeout: OwnFunction.timeout,
      batchWindow: Duration.seconds(0),
      maxReceiveCount: 5,
      countedBy: "queue",
      keepsData: false,
    });
    new OwnFunction(this, "MakeReport", "src/reports/make-report.ts").addEventSource(
      new SqsEventSource(redrive.queue, { reportBatchItemFailures: true, maxConcurrency: 2 }),
    );
    queueAlarms(this, redrive);
    new CfnOutput(this, "ReportQueueUrl", { value: redrive.queue.queueUrl });
  }
}
