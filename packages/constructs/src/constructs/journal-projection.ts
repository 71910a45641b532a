// Journal → state: a function that pulls the journal every minute, and may only read it.
//
//   G10. A run that fails changes nothing, and the next minute begins where the last one ended; so nothing is retried.

import type { Contract } from "@essentially-once/messaging/contract";
import { CfnOutput, Duration, Validations } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { Construct } from "constructs";
import type { Sizes } from "../config/config.ts";
import { NodeFunction, withoutAsyncRetries } from "./node-function.ts";
import type { TableAccess } from "./service-table.ts";
import { type UnitOfWorkTables, useUnitOfWorkTables } from "./unit-of-work-tables.ts";

export interface JournalProjectionOptions {
  readonly contract: Contract;
  /** The file below `functions/` that exports a `projection`. */
  readonly entry: string;
  readonly journal: TableAccess;
  /** Its state, and its place in the journal, are in `state`. */
  readonly tables: UnitOfWorkTables;
  readonly sizes: Sizes;
  readonly environment?: Readonly<Record<string, string>>;
}

export class JournalProjection extends NodeFunction {
  constructor(scope: Construct, id: string, options: JournalProjectionOptions) {
    const { contract, entry, journal, tables, sizes, environment = {} } = options;
    super(scope, id, { ...sizes, contract, entry, environment });
    this.configureAsyncInvoke(withoutAsyncRetries);
    useUnitOfWorkTables(this, tables);
    this.addEnvironment("JOURNAL_TABLE", journal.tableName);
    journal.grant(this, "dynamodb:Query", "dynamodb:BatchGetItem"); // entries, and all heads at once
    const schedule = new Rule(scope, `${id}Schedule`, {
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this, withoutAsyncRetries)],
    });
    Validations.of(schedule).acknowledge({
      id: "Serverless::Serverless-EventBusDLQ",
      reason: "The next run continues at the saved offset.",
    });
    // For `npm run journal`: by which name it keeps its offsets, and where.
    new CfnOutput(scope, `${id}Projection`, { value: this.service });
    new CfnOutput(scope, `${id}ProjectionTable`, { value: tables.state.table.tableName });
  }
}
