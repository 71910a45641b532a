// The grants of a function that commits units of work: on its service's table and evidence, and on the outbox.
//
//   G1, G2. State, evidence and outgoing messages commit in one transaction. DynamoDB checks a permission for each
//           action inside it, so these lists bound a unit of work: it cannot delete, and it can neither read nor
//           remove a row of the outbox. They fit any handler that the function may get, so today's handler may use
//           less: `npm start -- --json` lists the permissions that no function used.
import type { NodeFunction } from "./node-function.ts";
import type { ScheduleAccess } from "./schedule-store.ts";
import type { ServiceTable, TableAccess } from "./service-table.ts";

/** What the functions of a service may do with its table, besides what every unit of work does. */
export interface StateGrants {
  /** Query, on its indexes too: for a table with a sort key or indexes. */
  readonly isQueried?: boolean;
  /** DeleteItem: an item that is gone has no version and no evidence inside, so it is not given unless asked for. */
  readonly deletesItems?: boolean;
}

export interface UnitOfWorkTables {
  /** The service's own table, and the environment variable in which its functions look for the name. */
  readonly state: { readonly variable: string; readonly table: ServiceTable } & StateGrants;
  /** The service's own, too: who takes over a function of another service cannot write that its messages were done. */
  readonly evidence: ServiceTable;
  readonly outbox: TableAccess;
  /** Asked for only when a contract schedules: the first one creates the table. */
  readonly schedules?: () => ScheduleAccess;
}

/** Names the tables in the function's environment and grants what a unit of work needs, nothing more. */
export function useUnitOfWorkTables(user: NodeFunction, tables: UnitOfWorkTables): void {
  const { state, evidence, outbox, schedules } = tables;
  user.addEnvironment(state.variable, state.table.tableName);
  user.addEnvironment("EVIDENCE_TABLE", evidence.tableName);
  state.table.grant(
    user,
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:ConditionCheckItem", // only in a transaction: "as long as that other item is as I read it"
  );
  if (state.isQueried) state.table.grantQuery(user);
  if (state.deletesItems) state.table.grant(user, "dynamodb:DeleteItem");
  evidence.grant(user, "dynamodb:GetItem", "dynamodb:PutItem"); // a projection's too, once it has `effects()`
  if (user.contract?.publishes.length === 0) return; // G7: no access to rows that the relay signs
  user.addEnvironment("ORDERED_OUTBOX_TABLE", outbox.tableName);
  outbox.grantOwn(user, `${user.service}#`, "dynamodb:PutItem");
  if (!user.contract?.schedules?.length) return;
  if (schedules === undefined)
    throw new Error(`${user.node.path} schedules messages: give it the foundation's schedules`);
  schedules().use(user, user.service);
}
