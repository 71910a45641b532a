// What happens, while it happens: redrawn in place in a terminal, a line now and then elsewhere.

import { textTable } from "@essentially-once/operator/text-table";
import type { QueueDepth } from "./queue-depths.ts";
import type { Counts } from "./tally.ts";

export interface Progress {
  /** Whether it would show the present: it is not asked for otherwise. */
  isDue(seconds: number): boolean;
  /** A stage of the run, kept on the screen. */
  step(text: string): void;
  /** Shows the present; may be called often. */
  show(now: Snapshot): void;
  /** Nothing is drawn any more; the picture goes, for the account says it all. */
  end(): void;
}

export interface Snapshot {
  readonly seconds: number;
  /** What is sent, in the plural. */
  readonly sends: string;
  readonly count: number;
  readonly answered: number;
  readonly depths: readonly QueueDepth[];
  readonly counts: Counts;
}

/** Then each time that twice the time has passed: all lines of a run fit on a screen. */
const FIRST_LINE_SECONDS = 30;

export function showProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? drawn(stream) : lines(stream);
}

function drawn(stream: NodeJS.WriteStream): Progress {
  let rows = 0;
  function erase(): void {
    if (rows > 0) stream.write(`\u001b[${rows}A\u001b[J`); // up, and clear to the end of the screen
    rows = 0;
  }
  return {
    isDue: () => true,
    step(text) {
      erase();
      stream.write(`${text}\n`);
    },
    show(now) {
      erase();
      const width = stream.columns || 80;
      const picture = pictureOf(now).map((line) => line.slice(0, width - 1)); // a wrapped line would be two rows
      stream.write(`${picture.join("\n")}\n`);
      rows = picture.length;
    },
    end: erase,
  };
}

function lines(stream: NodeJS.WriteStream): Progress {
  let nextSeconds = FIRST_LINE_SECONDS;
  return {
    isDue: (seconds) => seconds >= nextSeconds,
    step: (text) => void stream.write(`${text}\n`),
    show(now) {
      nextSeconds = now.seconds * 2;
      stream.write(`  ${lineOf(now)}\n`);
    },
    end: () => undefined,
  };
}

function pictureOf({ seconds, sends, count, answered, depths, counts }: Snapshot): string[] {
  const table = textTable(
    ["QUEUE", "WAITING", "IN FLIGHT", "DEAD LETTERS"],
    depths.map(({ consumer, visible, inFlight, delayed, dead }) => [
      consumer,
      `${visible + delayed}`,
      `${inFlight}`,
      `${dead}`,
    ]),
    { indent: "  " },
  );
  return [
    "",
    `  ${bar(answered, count)} ${answered} of ${count} ${sends} answered, ${Math.round(seconds)} s`,
    "",
    ...table.split("\n"),
    "",
    `  messages   ${counts.processed} processed, ${counts.duplicatesAbsorbed} duplicates absorbed, ${counts.redelivered} redelivered`,
    `  trouble    ${counts.kills} processes killed, ${counts.doubleDeliveries} batches delivered twice`,
    `             ${counts.droppedResponses} answers dropped, ${counts.lostConnections} connections lost`,
  ];
}

function lineOf({ seconds, count, answered, depths, counts }: Snapshot): string {
  const sum = (field: "visible" | "inFlight" | "dead") =>
    depths.reduce((all, depth) => all + depth[field], 0);
  return [
    `${Math.round(seconds)} s`,
    `answered ${answered}/${count}`,
    `processed ${counts.processed}`,
    `redelivered ${counts.redelivered}`,
    `killed ${counts.kills}`,
    `dead ${sum("dead")}`,
  ].join("  ");
}

function bar(done: number, all: number): string {
  const cells = 24;
  const full = all === 0 ? cells : Math.floor((done / all) * cells);
  return "█".repeat(full) + "░".repeat(cells - full);
}
