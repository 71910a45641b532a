// A policy document, its intrinsic functions resolved → statements. An element that this code would not evaluate as AWS does
// is refused by name: a policy that is half understood would allow or deny the wrong requests.
//
//   A statement about a service that does not exist here (KMS, EventBridge, ...) is left out, whatever its condition.

import { z } from "zod";
import { NotUnderstood } from "../model/not-understood.ts";

export interface Statement {
  readonly sid?: string;
  readonly effect: "Allow" | "Deny";
  /** With `*` and `?`, in any case. */
  readonly actions: readonly string[];
  /** ARNs with `*` and `?`. */
  readonly resources: readonly string[];
  /** The partition keys that it is about, with `*` and `?`; absent for all. */
  readonly leadingKeys?: readonly string[];
}

const oneOrMore = z.union([z.string(), z.array(z.string()).min(1)]).transform((given) => [given].flat());

const Document = z.object({
  Version: z.literal("2012-10-17", "is the only supported policy version").optional(),
  Statement: z
    .union([z.unknown().array(), z.record(z.string(), z.unknown())])
    .transform((given) => [given].flat()),
});

/** What functions ask the engines for, and what AWS does in their name (required-permissions.ts). */
const ASKED_FOR = /^(dynamodb|sqs|s3|secretsmanager|sns|ssm):/i;
const DONE_FOR_THEM = /^(logs|xray|lambda):/i;
const OF_ONE_SERVICE = /^[a-z\d-]+:/i;

const Elsewhere = z
  .looseObject({ Action: oneOrMore, Condition: z.unknown().optional() })
  .refine(({ Action, Condition }) =>
    Action.every(
      (action) =>
        OF_ONE_SERVICE.test(action) &&
        !ASKED_FOR.test(action) &&
        (Condition !== undefined || !DONE_FOR_THEM.test(action)), // an Allow with a condition is then missed, and named
    ),
  );

const LeadingKeys = z.strictObject({
  "ForAllValues:StringLike": z.strictObject({ "dynamodb:LeadingKeys": oneOrMore }),
});

const Statements = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Action: oneOrMore,
  Resource: z.union([z.string(), z.array(z.string())]).transform((given) => [given].flat()),
  /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
  Condition: z
    .unknown()
    .transform((given, context) => {
      const understood = LeadingKeys.optional().safeParse(given);
      if (understood.success) return understood.data;
      context.addIssue("not supported: only ForAllValues:StringLike on dynamodb:LeadingKeys is");
      return z.NEVER;
    })
    .optional(),
});

/** Throws `NotUnderstood` that names the element (`NotAction`, `Condition`, …) and the statement it is in. */
export function statementsIn(document: unknown): Statement[] {
  const { Statement: all } = parsed(Document, document, "PolicyDocument");
  return all.flatMap((given, index) => {
    if (Elsewhere.safeParse(given).success) return [];
    const where = `PolicyDocument.Statement.${index}`;
    const { Sid, Effect, Action, Resource, Condition } = parsed(Statements, given, where);
    const variable = Resource.find((resource) => resource.includes("${"));
    if (variable)
      throw new NotUnderstood(`${where}.Resource: the policy variable in ${variable} is not supported`);
    const leadingKeys = Condition?.["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
    return [
      {
        ...(Sid && { sid: Sid }),
        effect: Effect,
        actions: Action,
        resources: Resource,
        ...(leadingKeys && { leadingKeys }),
      },
    ];
  });
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new NotUnderstood(result.error.issues.map((issue) => `${where}${problem(issue)}`).join("; "));
}

function problem(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `: ${issue.keys.join(", ")} not supported`;
  return `${issue.path.map((step) => `.${String(step)}`).join("")}: ${issue.message}`;
}
