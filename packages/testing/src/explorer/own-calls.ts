// The calls that a handler makes itself, beside its unit of work and outside `effect()`: what no evidence guards. One
// that changes something and happens in two runs of the handler for one message, or twice in one, is reported though no
// invariant asks for it.
import { answerCommand, type Call } from "./call.ts";
import { callSite } from "./call-site.ts";
import { isRead } from "./reads.ts";

/** The call as a report names it (`*` stands for one part of a path) → why it may happen again. */
export type Harmless = Readonly<Record<string, string>>;

export interface OwnCalls {
  /** Hears each call of a run that was carried out, and the event of its invocation. */
  begin(unique: string): OwnCallsOfRun;
  /** @throws Error when a call is named that the handler never made */
  requireMade(): void;
}

export interface OwnCallsOfRun {
  made(call: Made, event: unknown): void;
  violations(): string[];
}

export type Made = Pick<Call, "command" | "input" | "logical" | "belongs" | "stack">;

/** @throws Error when a name would stand for more than a call, or has no reason */
export function ownCalls(harmless: Harmless): OwnCalls {
  const allowed = Object.entries(harmless).map(([name, because]) => ({
    ...allowance(name, because),
    met: false,
  }));
  const seen = new Set<string>();
  return {
    begin(unique) {
      const told = new Map<string, Told>();
      return {
        made(call, event) {
          if (call.command === answerCommand || isRead(call) || call.belongs?.effect !== undefined) return;
          for (const about of messagesOf(call, event)) note(told, about, call);
        },
        violations: () => [...told.values()].filter(isOwn).flatMap((one) => sentenceOf(one, unique)),
      };
    },
    requireMade() {
      const [never] = allowed.filter(({ met }) => !met);
      if (never === undefined) return;
      const others = seen.size === 0 ? "none that changes anything" : [...seen].join(", ");
      throw new Error(
        `harmless names "${never.name}", and the handler makes no such call: it makes ${others}`,
      );
    },
  };

  function isOwn({ calls: [first] }: Told): boolean {
    return callSite(first?.stack).by === "handler";
  }

  function sentenceOf({ message, calls, times }: Told, unique: string): string[] {
    const [first] = calls as [Made];
    const name = generalName(callName(first), unique);
    seen.add(name);
    const allowance = allowed.find(({ covers }) => covers(name));
    if (allowance) allowance.met = true;
    if (allowance || times() < 2) return [];
    const { line = "an unknown line" } = callSite(first.stack);
    return [
      `G2: ${name} at ${line} happened ${times()} times for ${message}: it is neither in the unit of work nor in ` +
        `effect(). Move it there, or say why that is harmless: harmless: { ${JSON.stringify(name)}: "because …" }`,
    ];
  }
}

/** One call of the handler's code for one message. */
interface Told {
  readonly message: string;
  readonly calls: Made[];
  /** The most times that a message can have felt it: its runs, or the attempts of one command. */
  times(): number;
}

interface About {
  /** What people call the message. */
  readonly message: string;
  /** Tells it from others. */
  readonly key: string;
  /** The same for all calls of one run. */
  readonly run: object;
}

function note(told: Map<string, Told>, { message, key, run }: About, call: Made): void {
  const place = `${key}\n${callName(call)}`;
  const calls: (Made & { readonly run: object })[] = (told.get(place)?.calls as never) ?? [];
  calls.push({ ...call, run });
  told.set(place, {
    message,
    calls,
    times: () =>
      Math.max(
        new Set(calls.map((one) => one.run)).size,
        ...[...Map.groupBy(calls, (one) => one.logical).values()].map(({ length }) => length),
      ),
  });
}

/** Without the kit's word the records of the event are the messages: of several nobody knows whose a call is. */
function messagesOf({ belongs = {}, input }: Made, event: unknown): About[] {
  const { message, run } = belongs;
  if (message) {
    const key = JSON.stringify([message.source, message.id]);
    return [{ message: `${message.id} (${message.type})`, key, run: run ?? message }];
  }
  const { Records = [] } = (event ?? {}) as { readonly Records?: readonly { readonly messageId?: string }[] };
  const input_ = Records.length > 1 ? JSON.stringify(input) : "";
  return Records.flatMap(({ messageId }) =>
    messageId === undefined
      ? []
      : [{ message: `the SQS message ${messageId}`, key: `${messageId}\n${input_}`, run: event as object }],
  );
}

/** `UpdateItem accounts-table`, `POST /consignments` */
export function callName({ command, input }: Pick<Call, "command" | "input">): string {
  const resource = command.includes(" ") ? undefined : resourceOf(input);
  return resource === undefined ? command : `${command} ${resource}`;
}

const naming = ["TableName", "QueueUrl", "Bucket", "TopicArn", "TargetArn", "FunctionName", "StreamName"];

function resourceOf(input: unknown): string | undefined {
  const given = (input ?? {}) as Readonly<Record<string, unknown>>;
  const name = [...naming, "SecretId", "Name"]
    .map((each) => given[each])
    .find((each) => typeof each === "string");
  if (typeof name === "string") return name.split(/[/:]/).at(-1);
  return tablesIn(given).join("+") || undefined;
}

/** Of a batch or a transaction. */
function tablesIn({ RequestItems, TransactItems }: Readonly<Record<string, unknown>>): string[] {
  const actions = (TransactItems ?? []) as readonly Readonly<Record<string, { TableName?: string }>>[];
  const written = actions.flatMap((action) => Object.values(action).map(({ TableName = "" }) => TableName));
  return [...new Set([...Object.keys((RequestItems ?? {}) as object), ...written])];
}

/** The same in every run: a part with the run's own ids is any part. */
function generalName(name: string, unique: string): string {
  return name.replaceAll(/[^/\s]+/g, (part) => (part.includes(unique) ? "*" : part));
}

function allowance(name: string, because: string) {
  const [command = "", ...rest] = name.split(" ");
  if (!/^\w+$/.test(command) || rest.length > 1 || rest[0] === "*") {
    throw new Error(`harmless names one call, as a report does ("POST /consignments"), got "${name}"`);
  }
  if (typeof because !== "string" || because.trim() === "") {
    throw new Error(`harmless: "${name}" needs the reason why it may happen again`);
  }
  const wanted = partsOf(name);
  return {
    name,
    covers(call: string): boolean {
      const parts = partsOf(call);
      return (
        parts.length === wanted.length && wanted.every((part, nth) => part === "*" || part === parts[nth])
      );
    },
  };
}

function partsOf(name: string): string[] {
  return name.split(/[/ ]/);
}
