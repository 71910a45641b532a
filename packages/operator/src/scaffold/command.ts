// The command line of `npm run new`.
import { parseArgs } from "node:util";
import { UsageError, usageErrorFrom } from "../terminal/usage-error.ts";
import { type FunctionName, readFunctionName, readTypeName, type TypeName } from "./names.ts";

export const modes = ["rows", "inline", "effect", "at-most-once"] as const;

export type Mode = (typeof modes)[number];

interface Common {
  /** Says what would be written, and writes nothing. */
  readonly dryRun: boolean;
}

export interface MessageCommand extends Common {
  readonly kind: "message";
  readonly type: TypeName;
}

export interface ProjectionCommand extends Common {
  readonly kind: "projection";
  readonly name: FunctionName;
  readonly accepts: readonly string[];
  /** Data of a message of each accepted type, as JSON and in their order, for the test; what is missing is guessed. */
  readonly examples: readonly string[];
}

export interface ProcessCommand extends Omit<ProjectionCommand, "kind"> {
  readonly kind: "process";
}

export interface ConsumerCommand extends Omit<ProjectionCommand, "kind"> {
  readonly kind: "consumer";
  readonly mode: Mode;
  readonly fifo: boolean;
}

export interface EndpointCommand extends Common {
  readonly kind: "endpoint";
  readonly name: FunctionName;
  readonly publishes: readonly string[];
}

export type NewCommand =
  | { readonly kind: "help" }
  | MessageCommand
  | EndpointCommand
  | ConsumerCommand
  | ProcessCommand
  | ProjectionCommand;

export const NEW_HELP = `Writes a message, an endpoint, a consumer, a process or a projection with handler, test and wiring. It never overwrites a file.

  npm run new -- message SERVICE.NAME.v1
  npm run new -- endpoint SERVICE/NAME --publishes TYPE
  npm run new -- consumer SERVICE/NAME --accepts TYPE [--mode MODE] [--fifo]
  npm run new -- process SERVICE/NAME --accepts TYPE
  npm run new -- projection SERVICE/NAME --accepts TYPE

  --accepts TYPE   an existing message type; may be given several times
  --publishes TYPE an existing message type that the endpoint publishes; its command is SERVICE.NAME.v1
  --mode MODE      rows          evidence, state and messages in one transaction: any number of items (the default)
                   inline        evidence and messages in the one item that changes: one write
                   effect        calls another system once per key; after a crash it looks the result up
                   at-most-once  may lose a message, never processes one twice
  --fifo           messages of a key take effect in the order they were sent
  --example JSON   sample data of the TYPE for the test, if it cannot be guessed; one for each TYPE, in order
  --dry-run        list the files without writing them
  --help           this text
`;

const FLAGS = {
  accepts: { type: "string", multiple: true },
  publishes: { type: "string", multiple: true },
  mode: { type: "string" },
  fifo: { type: "boolean" },
  example: { type: "string", multiple: true },
  "dry-run": { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** @throws UsageError that names what was wrong, what was given and what is allowed */
export function readNewCommand(argv: readonly string[]): NewCommand {
  const { values, positionals } = parsed(argv);
  const [kind, name, ...more] = positionals;
  if (values.help || kind === undefined) return { kind: "help" };
  if (!isKind(kind)) {
    throw new UsageError(
      `npm run new needs message, endpoint, consumer, process or projection, got ${given(kind)}.`,
    );
  }
  if (more.length > 0)
    throw new UsageError(`${aKind(kind)} needs one name, got ${[name, ...more].join(" ")}.`);
  const { accepts = [], example: examples = [], fifo = false, "dry-run": dryRun = false } = values;
  refuseFlags(kind, values);
  if (kind === "message") return { kind, dryRun, type: readTypeName(name) };
  if (kind === "endpoint") {
    const { publishes = [] } = values;
    if (publishes.length === 0)
      throw new UsageError("an endpoint needs --publishes TYPE: the messages that it sends on.");
    return { kind, dryRun, name: readFunctionName(kind, name), publishes };
  }
  const common = { dryRun, name: readFunctionName(kind, name), accepts, examples };
  if (accepts.length === 0) {
    throw new UsageError(`a ${kind} needs --accepts TYPE: the message type it processes.`);
  }
  if (examples.length > accepts.length) {
    throw new UsageError(
      `there must be one --example for each --accepts: got ${examples.length} for ${accepts.length}.`,
    );
  }
  if (kind === "projection" || kind === "process") return { kind, ...common };
  const mode = readMode(values.mode);
  return { kind, ...common, mode, fifo };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw usageErrorFrom(error, Object.keys(FLAGS));
  }
}

const allowedFlags = {
  message: ["dry-run"],
  endpoint: ["publishes", "dry-run"],
  projection: ["accepts", "example", "dry-run"],
  process: ["accepts", "example", "dry-run"],
  consumer: Object.keys(FLAGS).filter((flag) => flag !== "publishes"),
} as const;

type Kind = keyof typeof allowedFlags;

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(allowedFlags, kind);
}

function aKind(kind: Kind): string {
  return kind === "endpoint" ? "an endpoint" : `a ${kind}`;
}

function refuseFlags(kind: Kind, values: Readonly<Record<string, unknown>>): void {
  const allowed: readonly string[] = allowedFlags[kind];
  const [stray] = Object.keys(values).filter((flag) => !allowed.includes(flag));
  if (stray !== undefined) throw new UsageError(`${aKind(kind)} has no --${stray}.`);
}

function readMode(mode: string = "rows"): Mode {
  const found = modes.find((known) => known === mode);
  if (found === undefined)
    throw new UsageError(`--mode must be one of ${modes.join(", ")}, got ${given(mode)}.`);
  return found;
}

function given(text: string | undefined): string {
  return text === undefined ? "nothing" : JSON.stringify(text);
}
