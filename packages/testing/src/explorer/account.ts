// A counterexample for people, in 80 columns: what does not hold, what became of each message, and the calls with the
// handler's own lines. The kit's calls are folded into one line between them.
import { describeFault, type Fault } from "./fault.ts";

export interface Account {
  readonly scenario: string;
  readonly faults: readonly Fault[];
  readonly violations: readonly string[];
  /** What became of each message. */
  readonly messages?: readonly string[];
  readonly calls: readonly ToldCall[];
}

export interface ToldCall {
  readonly command: string;
  readonly nth: number;
  readonly process: string;
  /** With what it was made to: `UpdateItem accounts-table`. */
  readonly name?: string;
  /** The id of the message that it was made for. */
  readonly message?: string | undefined;
  readonly by?: "handler" | "kit";
  readonly line?: string | undefined;
}

/** A run that never ends repeats itself. */
const linesMax = 80;
const columns = 80;

export function describe({ scenario, faults, violations, messages = [], calls }: Account): string {
  const failed = faults.length === 0 ? "without any fault" : faults.map(describeFault).join(", then ");
  return [
    ...wrapped(`${scenario}: ${failed}`, ""),
    ...violations.flatMap((violation) => wrapped(violation, "  ✗ ")),
    ...messages.flatMap((message) => wrapped(message, "  message ")),
    "  calls:",
    ...folded(calls)
      .flatMap((together) => orderingKeyOf(together, faults, messages.length > 1))
      .slice(0, linesMax),
  ].join("\n");
}

/** Neighbours that one process' kit made for the same line of the handler. */
function folded(calls: readonly ToldCall[]): ToldCall[][] {
  const groups: ToldCall[][] = [];
  for (const call of calls) {
    const last = groups.at(-1);
    const [first] = last ?? [];
    const isMore =
      first?.by === "kit" &&
      call.by === "kit" &&
      first.process === call.process &&
      first.line === call.line &&
      first.message === call.message;
    if (isMore) last?.push(call);
    else groups.push([call]);
  }
  return groups;
}

function orderingKeyOf(calls: readonly ToldCall[], faults: readonly Fault[], isOfMany: boolean): string[] {
  const [first] = calls as [ToldCall];
  const isHit = calls.some((call) =>
    faults.some(({ command, nth }) => call.command === command && call.nth === nth),
  );
  const whose =
    isOfMany && first.message !== undefined ? `${first.process} for ${first.message}` : first.process;
  const text =
    first.by === "kit" ? `${whose}, the kit: ${calls.map(numbered).join(", ")}` : `${whose}: ${named(first)}`;
  const mark = isHit ? "  → " : "    ";
  if (first.line === undefined) return wrapped(text, mark);
  const oneLine = `${mark}${text}  ${first.line}`;
  return oneLine.length <= columns ? [oneLine] : [...wrapped(text, mark), `        ${first.line}`];
}

function numbered({ command, nth }: Pick<ToldCall, "command" | "nth">): string {
  return nth > 0 ? `${command} #${nth}` : command;
}

function named({ name, ...call }: ToldCall): string {
  return numbered({ ...call, command: name ?? call.command });
}

/** Broken at spaces; a word that is longer than a line stays whole. */
function wrapped(text: string, mark: string): string[] {
  const lines: string[] = [];
  const behind = " ".repeat(mark.length + (mark === "" ? 2 : 0));
  for (const paragraph of text.split("\n")) {
    let line = lines.length === 0 ? mark : behind;
    let isEmpty = true;
    for (const word of paragraph.split(" ")) {
      if (!isEmpty && line.length + 1 + word.length > columns) {
        lines.push(line);
        line = behind;
        isEmpty = true;
      }
      line += isEmpty ? word : ` ${word}`;
      isEmpty = false;
    }
    lines.push(line.trimEnd());
  }
  return lines;
}
