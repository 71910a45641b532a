// The policy of a queue limits its senders: only the relay sends to a queue that a function consumes, and only the consumer
// to its dead-letter queue. It refuses the app's other functions, whatever their roles may allow later.
import { contractVariable } from "@essentially-once/messaging/contract";
import { documentStatements, type Statement, statementsOf } from "./policies.ts";
import { registrationsOf } from "./registrations.ts";
import type { Finding, Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, consumedQueues, isResource, mappingsOf, variableOf } from "./wiring.ts";

const sends = "sqs:SendMessage";

export const senderRules: readonly Rule[] = [
  {
    id: "queue-senders",
    demand:
      "the policy must name the queue's senders, or any function can block a FIFO group, fill the queue or forge a dead letter",
    check: (templates) => {
      const senders = templates.ofType("AWS::Lambda::Function");
      return templates
        .ofType("AWS::SQS::Queue")
        .flatMap((queue) => senders.flatMap((sender) => findingOf(templates, queue, sender)));
    },
  },
];

function findingOf(templates: Templates, queue: Resource, sender: Resource): Finding[] {
  const role = templates.referredTo(at(sender, "Role"));
  if (role === undefined) return [];
  const granted = isGranted(templates, queue, role);
  // Functions and queues that have nothing of the kit are their team's business, as long as nothing lets them send.
  if (!granted && !(isFunctionOfKit(sender) && isQueueOfKit(templates, queue))) return [];
  const may = granted && isExpected(templates, queue, sender);
  const isDenied = policyOf(templates, queue).some((statement) => denies(templates, statement, role));
  if (may !== isDenied) return [];
  return [
    {
      resource: queue,
      property: "Policy",
      value: `${isDenied ? "denies" : "does not deny"} ${sends} to ${role.path}`,
      remedy: isDenied
        ? `name the role among the senders of ${queue.path}`
        : `denyOtherSenders(${queue.path}, …)`,
    },
  ];
}

function isFunctionOfKit(each: Resource): boolean {
  const told = [contractVariable, "REGISTRY_PATH", "SIGNING_SECRET_ARN"];
  return told.some((name) => variableOf(each, name) !== undefined);
}

/** A function of the kit reads it or parks there, or wake-ups or a stream's records go there that failed. */
function isQueueOfKit(templates: Templates, queue: Resource): boolean {
  const named = ["QUEUE_URL", "DEAD_LETTER_QUEUE_URL"];
  return (
    templates
      .ofType("AWS::Lambda::Function")
      .some((each) => named.some((name) => templates.referredTo(variableOf(each, name)) === queue)) ||
    templates
      .ofType("AWS::SQS::Queue")
      .some((each) => isWakeUps(templates, each) && deadLettersOf(templates, each) === queue) ||
    mappingsOf(templates).streams.some(
      ({ mapping }) => templates.referredTo(at(mapping, "DestinationConfig.OnFailure.Destination")) === queue,
    )
  );
}

function isWakeUps(templates: Templates, queue: Resource): boolean {
  return templates
    .ofType("AWS::Lambda::Function")
    .some((each) => templates.referredTo(variableOf(each, "WAKE_UP_QUEUE_URL")) === queue);
}

function deadLettersOf(templates: Templates, queue: Resource): Resource | undefined {
  return templates.referredTo(at(queue, "RedrivePolicy.deadLetterTargetArn"));
}

function isGranted(templates: Templates, queue: Resource, role: Resource): boolean {
  return statementsOf(templates).some(
    ({ effect, roles, actions, resources }) =>
      effect === "Allow" &&
      roles.includes(role) &&
      actions.includes(sends) &&
      resources.some((resource) => isResource(templates, resource, queue)),
  );
}

/** Who schedules wakes the dispatcher. Only the relay sends to another queue with a consumer, if the registry says so. Only its consumer sends to a dead-letter queue. */
function isExpected(templates: Templates, queue: Resource, sender: Resource): boolean {
  if (templates.referredTo(variableOf(sender, "WAKE_UP_QUEUE_URL")) === queue) return true;
  if (consumedQueues(templates).has(queue)) {
    const isRegistered = registrationsOf(templates).some(
      (entry) => templates.referredTo(entry.queue) === queue,
    );
    return isRegistered && variableOf(sender, "REGISTRY_PATH") !== undefined;
  }
  if (at(queue, "RedriveAllowPolicy") === undefined) return true;
  return templates.referredTo(variableOf(sender, "DEAD_LETTER_QUEUE_URL")) === queue;
}

function policyOf(templates: Templates, queue: Resource): Statement[] {
  return templates
    .ofType("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy")
    .filter(({ properties: { Queues, Queue } }) =>
      [Queues, Queue].flat().some((held) => templates.referredTo(held) === queue),
    )
    .flatMap((policy) => documentStatements(policy, "PolicyDocument"));
}

/** A denial of sends alone, to principals told apart by their ARNs. */
export function deniesSenders({ effect, inverted, actions, principal, condition }: Statement): boolean {
  const tested = Object.entries(Object(condition));
  return (
    effect === "Deny" &&
    !inverted &&
    actions.every((action) => action === sends) &&
    (principal === "*" || Object(principal).AWS === "*") &&
    tested.length > 0 &&
    tested.every(([operator, keys]) => conditionKeys[operator] === Object.keys(Object(keys)).join())
  );
}

const conditionKeys: Readonly<Record<string, string>> = {
  ArnLike: "aws:PrincipalArn",
  ArnNotLike: "aws:PrincipalArn",
  BoolIfExists: "aws:PrincipalIsAWSService",
};

function denies(templates: Templates, statement: Statement, role: Resource): boolean {
  if (!deniesSenders(statement)) return false;
  const { ArnLike, ArnNotLike, BoolIfExists } = Object(statement.condition);
  const matches = (patterns: unknown) =>
    [Object(patterns)["aws:PrincipalArn"]].flat().some((pattern) => isArnOf(templates, role, pattern));
  return (
    (ArnLike === undefined || matches(ArnLike)) &&
    (ArnNotLike === undefined || !matches(ArnNotLike)) &&
    (BoolIfExists === undefined || String(Object.values(BoolIfExists)) === "false")
  );
}

/** Of whichever account: the template of an app that goes to any account does not say its own. */
function isArnOf(templates: Templates, role: Resource, pattern: unknown): boolean {
  if (templates.referredTo(pattern) === role) return true;
  const [, name] = /^arn:[^:]*:iam::[^:]*:role(\/.*)$/.exec(String(pattern)) ?? [];
  if (name === undefined) return false;
  const text = name
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${text}$`).test(`${at(role, "Path") ?? "/"}${at(role, "RoleName") ?? role.logicalId}`);
}
