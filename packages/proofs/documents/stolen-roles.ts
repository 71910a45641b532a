// Writes into SECURITY.md what a thief of each function's role can do, as the synthesized templates allow it:
// node packages/proofs/documents/stolen-roles.ts
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Statement, statementsOf } from "@essentially-once/constructs/internal/rules/policies";
import { type Resource, Templates } from "@essentially-once/constructs/internal/rules/templates";
import { at, queuesByPrefix, variableOf } from "@essentially-once/constructs/internal/rules/wiring";

export const securityDocument = join(fileURLToPath(new URL("../../../", import.meta.url)), "SECURITY.md");
const [begin, end] = ["<!-- roles -->", "<!-- /roles -->"];

/** One function and the line that the document has of it. */
export interface Line {
  readonly stack: string;
  readonly text: string;
}

/** Of every function of the app, in the order of its templates. */
export function linesOf(context: ConstructorParameters<typeof Templates>[0]): Line[] {
  const templates = new Templates(context);
  return templates.ofType("AWS::Lambda::Function").map((each) => ({
    stack: each.path.split("/")[0] ?? "",
    text: `| \`${variableOf(each, "POWERTOOLS_SERVICE_NAME")}\` | ${abilities(templates, each).join("; ")} |`,
  }));
}

export function documentedLines(document = readFileSync(securityDocument, "utf8")): string[] {
  return between(document)
    .split("\n")
    .filter((line) => line.startsWith("| `"));
}

export function withLines(lines: readonly Line[], document = readFileSync(securityDocument, "utf8")): string {
  const table = ["| role of | it can |", "|---|---|", ...lines.map(({ text }) => text)].join("\n");
  return document.replace(`${begin}${between(document)}${end}`, () => `${begin}\n${table}\n${end}`);
}

function between(document: string): string {
  const text = document.split(begin)[1]?.split(end)[0];
  if (text === undefined) throw new Error(`SECURITY.md must have ${begin} and ${end}`);
  return text;
}

function abilities(templates: Templates, fn: Resource): string[] {
  const role = templates.referredTo(at(fn, "Role"));
  const own = statementsOf(templates).filter(
    ({ effect, roles }) => effect === "Allow" && role !== undefined && roles.includes(role),
  );
  const said = new Map<string, Set<string>>();
  for (const statement of own) {
    for (const action of statement.actions) {
      for (const where of placesOf(templates, statement)) {
        const verb = verbs[action] ?? `\`${action}\``;
        if (verb !== "") said.set(where, (said.get(where) ?? new Set()).add(verb));
      }
    }
  }
  const byVerbs = new Map<string, string[]>();
  for (const [where, verbsThere] of said) {
    const verb = joined([...verbsThere].sort());
    byVerbs.set(verb, [...(byVerbs.get(verb) ?? []), where]);
  }
  return [...byVerbs].map(([verb, places]) => `${verb}: ${[...new Set(places)].join(", ")}`);
}

/** "put items, read items" as "put, read items". */
function joined(verbsThere: readonly string[]): string {
  return verbsThere
    .map((verb, index) => {
      const [, rest, noun] = /^(\S+(?: or \S+)?) (\S+)$/.exec(verb) ?? [];
      return noun !== undefined && verbsThere[index + 1]?.endsWith(` ${noun}`) ? rest : verb;
    })
    .join(", ");
}

/** Empty for an action without power over data. */
const verbs: Readonly<Record<string, string>> = {
  "dynamodb:GetItem": "read items",
  "dynamodb:BatchGetItem": "read items",
  "dynamodb:Query": "query items",
  "dynamodb:Scan": "scan items",
  "dynamodb:PutItem": "put items",
  "dynamodb:UpdateItem": "update items",
  "dynamodb:PartiQLInsert": "put items",
  "dynamodb:PartiQLUpdate": "update items",
  "dynamodb:DeleteItem": "delete items",
  "dynamodb:BatchWriteItem": "put or delete items",
  "dynamodb:ConditionCheckItem": "",
  "dynamodb:DescribeStream": "",
  "dynamodb:ListStreams": "",
  "dynamodb:GetShardIterator": "",
  "dynamodb:GetRecords": "read the stream",
  "sqs:SendMessage": "send messages",
  "sqs:ReceiveMessage": "receive messages",
  "sqs:DeleteMessage": "delete messages",
  "sqs:ChangeMessageVisibility": "change visibility timeouts",
  "sqs:GetQueueAttributes": "",
  "s3:PutObject": "put objects",
  "s3:GetObject": "read objects",
  "s3:DeleteObject": "delete objects",
  "s3:ListBucket": "list objects",
  "secretsmanager:GetSecretValue": "read the signing keys",
  "secretsmanager:PutSecretValue": "replace the signing keys",
  "secretsmanager:UpdateSecretVersionStage": "replace the signing keys",
  "secretsmanager:DescribeSecret": "",
  "ssm:GetParametersByPath": "read the registry",
  "logs:CreateLogStream": "", // its own log: of every role
  "logs:PutLogEvents": "",
};

function placesOf(templates: Templates, { resources, condition }: Statement): string[] {
  const keys = [Object(Object(condition)["ForAllValues:StringLike"])["dynamodb:LeadingKeys"] ?? []].flat();
  const only = keys.length > 0 ? ` under keys \`${keys.join("`, `")}\`` : "";
  return resources.map((resource) => `${placeOf(templates, resource)}${only}`);
}

const everyQueue = "the queue of each consumer of signed messages";

function placeOf(templates: Templates, resource: unknown): string {
  const text = typeof resource === "string" ? resource : JSON.stringify(resource);
  if (queuesByPrefix.test(text)) return everyQueue;
  const [, path] = /^arn:[^:]*:ssm:[^:]*:[^:]*:parameter(.*)$/.exec(text) ?? [];
  if (path !== undefined) return `\`${path}\``;
  return `\`${text.replaceAll(/‹[^›]+›/g, (token) => nameOf(templates.referredTo(token)) ?? token)}\``;
}

function nameOf(resource: Resource | undefined): string | undefined {
  return resource?.path.replace(/[0-9A-F]{8}$/, "");
}

if (import.meta.main) {
  const { synthesizeApp, validationContext } = await import("@essentially-once/testing/real-app");
  const context = validationContext(synthesizeApp({}, "bin/app.ts"));
  writeFileSync(securityDocument, withLines(linesOf(context)));
}
