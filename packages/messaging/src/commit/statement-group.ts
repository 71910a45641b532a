// Sends inline writes of different items in one BatchExecuteStatement: a tenth of the requests for a batch of ten, and one
// write unit each, as each has its own condition and result. Loaded with the first batch of several messages.
//
//   G5. A statement fails alone. A request that is refused for one of them, and a role that may not use PartiQL, send each
//   write by itself: it needs the permissions that every release has.
import type { DynamoDBClient, DynamoDBServiceException as ServiceException } from "@aws-sdk/client-dynamodb";
import { executeStatements, type StatementRefused } from "../aws/statement-batch.ts";
import { nowMs } from "../core/clock.ts";
import { log } from "../observe/log.ts";
import type { Ready } from "./gather.ts";
import type { Measured } from "./limits.ts";
import { type ItemBefore, type Statement, statementOf } from "./statement.ts";

export interface GroupedWrite extends Measured {
  readonly before: ItemBefore;
  readonly deadlineMs: number;
}

/** `alone`: nothing was written for all that is known; the write is to be sent by itself. */
export type GroupedResult = "done" | "alone" | StatementRefused;

export type GroupedMember = Ready<GroupedWrite, GroupedResult>;

/** Never rejects: each member is told. */
export type SendGroup = (group: readonly GroupedMember[]) => Promise<void>;

interface Member extends GroupedMember {
  readonly statement: Statement;
}

/** Refused as often as this, a form of statement is not one that this engine takes. */
const refusalsMax = 3;
/** A role gets its permissions with the next deployment, or is about to have them everywhere. */
const deniedMs = 60_000;

export function statementGroups(client: () => DynamoDBClient): SendGroup {
  const refusals = new Map<string, number>();
  let deniedUntilMs = 0;

  return async function sendGroup(group) {
    const members: Member[] = [];
    for (const member of group) {
      const statement = statementFor(member.unit);
      if (statement) members.push({ ...member, statement });
      else member.resolve("alone");
    }
    if (members.length > 1) await sendTogether(members).catch((error) => fail(members, error));
    else for (const { resolve } of members) resolve("alone"); // its answer says more of what became of it
  };

  /** Undefined for a write that goes alone. */
  function statementFor({ actions: [write = {}], before }: GroupedWrite): Statement | undefined {
    if (nowMs() < deniedUntilMs) return undefined;
    const statement = statementOf(write, before);
    return statement && (refusals.get(statement.text) ?? 0) < refusalsMax ? statement : undefined;
  }

  function sendTogether(members: readonly Member[]): Promise<void> {
    const statements = members.map(({ statement }) => ({
      Statement: statement.text,
      Parameters: [...statement.parameters],
      ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
    }));
    const deadlineMs = Math.min(...members.map(({ unit }) => unit.deadlineMs));
    return executeStatements(client(), {
      statements,
      deadlineMs,
      told(index, refused) {
        const member = members[index];
        if (member) member.resolve(resultOf(member, refused));
      },
    });
  }

  function fail(members: readonly Member[], error: unknown): void {
    if (isDenied(error)) noteDenied();
    for (const { resolve, reject } of members) {
      if (isDenied(error) || isOfTheRequest(error)) resolve("alone");
      else reject(error); // a lost response concerns all: each looks for its own evidence
    }
  }

  function resultOf({ statement }: Member, refused: StatementRefused | undefined): GroupedResult {
    if (refused === undefined) {
      refusals.delete(statement.text);
      return "done";
    }
    if (refused.code === "AccessDenied") noteDenied();
    if (refused.code === "ValidationError") noteRefused(statement.text);
    return refused;
  }

  function noteRefused(text: string): void {
    if (refusals.size >= textsMax) refusals.clear();
    refusals.set(text, (refusals.get(text) ?? 0) + 1);
  }

  function noteDenied(): void {
    if (nowMs() < deniedUntilMs) return;
    deniedUntilMs = nowMs() + deniedMs;
    log("warn", "STATEMENTS_DENIED", { needed: "dynamodb:PartiQLInsert, dynamodb:PartiQLUpdate" });
  }
}

/** A program has few forms of statement. */
const textsMax = 200;

function isDenied(error: unknown): boolean {
  return error instanceof Error && error.name === "AccessDeniedException";
}

/** Refused for its content or for a permission, and nothing was written. A throttle that the SDK already retried concerns all. */
function isOfTheRequest(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $fault, $metadata } = error as Error & Partial<ServiceException>;
  return $fault === "client" && ($metadata?.attempts ?? 1) === 1;
}
