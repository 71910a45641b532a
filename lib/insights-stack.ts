// INSIGHTS: what can be learned from the others. Views are counted at most once; statements are pulled from the
// journal, and can be built again from its beginning.
import { CfnOutput, Duration, Stack, Validations } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { Construct } from "constructs";
import { OrderViewed } from "../functions/insights/messages.ts";
import { type Config, stackProps } from "./config.ts";
import { NodeFunction } from "./constructs/node-function.ts";
import { QueueConsumer } from "./constructs/queue-consumer.ts";
import { ServiceTable } from "./constructs/service-table.ts";
import { useUnitOfWorkTables } from "./constructs/unit-of-work-tables.ts";
import type { FoundationStack } from "./foundation-stack.ts";

export class InsightsStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { config, foundation }: { config: Config; foundation: FoundationStack },
  ) {
    super(scope, id, stackProps(config, id, "count views and build statements"));
    const { sizes } = config;
    const { evidence, outbox, journal } = foundation;
    const table = new ServiceTable(this, "Table", sizes);
    const tables = { state: { variable: "INSIGHTS_TABLE", table }, evidence, outbox };

    // Not for the relay: a shop front sends views straight to this queue, once, and does not look back.
    new QueueConsumer(this, "CountOrderViews", {
      entry: "insights/count-order-views.ts",
      accepts: [OrderViewed.type],
      tables,
      sizes,
    });

    const buildStatement = new NodeFunction(this, "BuildStatement", {
      ...sizes,
      entry: "insights/build-statement.ts",
    });
    useUnitOfWorkTables(buildStatement, tables);
    buildStatement.addEnvironment("JOURNAL_TABLE", journal.tableName);
    journal.grant(buildStatement, "dynamodb:Query");
    const schedule = new Rule(this, "BuildStatementSchedule", {
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaFunction(buildStatement, {
          retryAttempts: 0, // the next minute begins where this one ended
          maxEventAge: Duration.minutes(1),
        }),
      ],
    });
    Validations.of(schedule).acknowledge({
      id: "Serverless::Serverless-EventBusDLQ",
      reason: "The next minute begins where this one ended.",
    });
    new CfnOutput(this, "InsightsTable", { value: table.tableName });
    new CfnOutput(this, "BuildStatementProjectionTable", { value: table.tableName }); // for `npm run journal`
  }
}
