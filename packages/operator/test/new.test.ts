// What `npm run new` decides, on this project, without writing it. That what it writes passes every gate is the work
// of packages/proofs/gates/packed.ts.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { modes, readNewCommand } from "../src/scaffold/command.ts";
import { newConsumer } from "../src/scaffold/consumer.ts";
import { type Draft, draft } from "../src/scaffold/draft.ts";
import { newEndpoint } from "../src/scaffold/endpoint.ts";
import { newMessage } from "../src/scaffold/message.ts";
import { newProcess } from "../src/scaffold/process.ts";
import { newProjection } from "../src/scaffold/projection.ts";
import { nowFromHere, wire } from "../src/scaffold/wiring.ts";

const parcelSent = readNewCommand(["message", "parcels.parcel-sent.v1"]);

describe("the command line", () => {
  it.each([
    [["thing"], 'needs message, endpoint, consumer, process or projection, got "thing"'],
    [["message", "a.b"], 'a message type must be SERVICE.NAME.vN, like billing.invoice-sent.v1, got "a.b"'],
    [["message"], 'got ""'],
    [["consumer", "Bad", "--accepts", "a.b.v1"], 'SERVICE/NAME, like billing/send-invoice, got "Bad"'],
    [["consumer", "a/b"], "needs --accepts TYPE"],
    [
      ["consumer", "a/b", "--accepts", "a.b.v1", "--mode", "twice"],
      'one of rows, inline, effect, at-most-once, got "twice"',
    ],
    [["projection", "a/b", "--accepts", "a.b.v1", "--fifo"], "a projection has no --fifo"],
    [["consumer", "relay/b", "--accepts", "a.b.v1"], "names foundation, relay, operations"],
    [["consumer", "a/b", "c/d", "--accepts", "a.b.v1"], "needs one name, got a/b c/d"],
    [["process", "a/b"], "a process needs --accepts TYPE"],
    [["process", "a/b", "--accepts", "a.b.v1", "--mode", "rows"], "a process has no --mode"],
    [["endpoint", "a/b"], "an endpoint needs --publishes TYPE"],
    [["endpoint", "a/b", "--publishes", "a.b.v1", "--fifo"], "an endpoint has no --fifo"],
    [["consumer", "a/b", "--accepts", "a.b.v1", "--publishes", "a.b.v1"], "a consumer has no --publishes"],
    [["consumer", "--frobnicate"], "Known flags: --accepts"],
  ])("%j is refused: %s", (argv, message) => {
    expect(() => readNewCommand(argv)).toThrow(message);
  });

  it("is explained when nothing is given", () => {
    expect(readNewCommand([])).toEqual({ kind: "help" });
  });
});

describe("a message", () => {
  it("is declared beside the others of its service, with a test", () => {
    const files = aDraft();
    made(files);
    expect(files.read("functions/parcels/messages.ts")).toContain("export const ParcelSent = messageType({");
    expect(files.changed()).toEqual([
      { path: "functions/parcels/messages.ts", isNew: true },
      { path: "test/functions/parcels/parcel-sent.test.ts", isNew: true },
    ]);
  });

  it("is not made twice", () => {
    const files = aDraft();
    made(files);
    files.create("functions/other/messages.ts", "");
    expect(() => files.create("functions/parcels/messages.ts", "")).toThrow("exists: nothing is overwritten");
  });
});

describe("a consumer", () => {
  it("of a type that does not exist is refused, naming those that do", async () => {
    const command = readNewCommand(["consumer", "parcels/track", "--accepts", "no.such-thing.v1"]);
    if (command.kind !== "consumer") throw new Error("not a consumer");
    const files = aDraft();
    await expect(newConsumer(files, command)).rejects.toThrow(
      /no such message type \(known: .*npm run new -- message/,
    );
    expect(files.changed()).toEqual([]);
  });
});

describe("a process", () => {
  it("decides every message that it is given, and its time-out, in a table among the contracts", async () => {
    const accepts = ["--accepts", "orders.order-placed.v1", "--accepts", "credit.credit-reserved.v1"];
    const command = readNewCommand(["process", "parcels/watch-order", ...accepts]);
    if (command.kind !== "process") throw new Error("not a process");
    const files = aDraft();
    await newProcess(files, command);
    const table = files.read("functions/parcels/contracts.ts");
    expect(table).toContain("accepts: [OrderPlaced, CreditReserved, WatchOrderOverdue]");
    expect(table).toContain("schedules: [WatchOrderOverdue]");
    expect(table?.match(/\[WatchOrderOverdue\.type\]/g)).toHaveLength(2);
    expect(files.read("functions/parcels/watch-order.ts")).toContain(".handler(advance(watchOrder))");
    expect(files.read("test/functions/parcels/watch-order.test.ts")).toContain("exploreProcess(watchOrder");
    expect(files.read("lib/parcels-stack.ts")).toContain("this.addConsumer(watchOrder);");
  });
});

describe("an endpoint", () => {
  const asked = (type: string) => readNewCommand(["endpoint", "parcels/book-parcel", "--publishes", type]);

  it("has a command of its own, a contract, a crash test and a line in the stack", async () => {
    const files = aDraft();
    made(files);
    const before = files.changed().length;
    const command = readNewCommand([
      "endpoint",
      "parcels/take-order",
      "--publishes",
      "orders.order-placed.v1",
    ]);
    if (command.kind === "endpoint") await newEndpoint(files, command);
    expect(files.read("functions/parcels/messages.ts")).toContain('type: "parcels.take-order.v1"');
    expect(files.read("functions/parcels/contracts.ts")).toMatch(
      /takeOrder = contract\(\{\s*name: "take-order",\s*accepts: \[TakeOrder\],\s*publishes: \[OrderPlaced\]/,
    );
    expect(files.read("functions/parcels/take-order.ts")).toContain("unit.publish(OrderPlaced.from({");
    expect(files.read("test/functions/parcels/take-order.test.ts")).toContain(
      'exploreEndpoint("functions/parcels/take-order.ts"',
    );
    expect(files.read("lib/parcels-stack.ts")).toContain("this.addEndpoint(takeOrder);");
    expect(files.read("lib/parcels-stack.ts")).not.toContain("acceptedElsewhere"); // credit accepts it
    expect(files.changed().length).toBeGreaterThan(before);
  });

  it("of a type that does not exist is refused, naming those that do", async () => {
    const [files, command] = [aDraft(), asked("no.such-thing.v1")];
    if (command.kind !== "endpoint") throw new Error("not an endpoint");
    await expect(newEndpoint(files, command)).rejects.toThrow(
      "--publishes no.such-thing.v1: no such message type",
    );
    expect(files.changed()).toEqual([]);
  });
});

describe("the proof", () => {
  const asked = ["--accepts", "credit.credit-reserved.v1", "--accepts", "credit.credit-denied.v1"];
  const drafts =
    /drafts = \[CreditReserved\.from\(\{"orderId":"7"\}\), CreditDenied\.from\(\{.*\}\)\];[\s\S]*it\.each\(drafts\)\("G\d+: .*\$type/;

  it.each(modes)("of a consumer tries each type that it accepts: %s", async (mode) => {
    const files = aDraft();
    const example = ["--example", '{"orderId":"7"}'];
    const command = readNewCommand(["consumer", "parcels/track", ...asked, "--mode", mode, ...example]);
    if (command.kind === "consumer") await newConsumer(files, command);
    expect(files.read("test/functions/parcels/track.test.ts")).toMatch(drafts);
  });

  it("so does that of a projection", async () => {
    const files = aDraft();
    const command = readNewCommand(["projection", "parcels/list", ...asked, "--example", '{"orderId":"7"}']);
    if (command.kind === "projection") await newProjection(files, command);
    expect(files.read("test/functions/parcels/list.test.ts")).toMatch(drafts);
  });

  it("takes an example for each type, and no more", () => {
    const examples = ["--example", "{}", "--example", "{}", "--example", "{}"];
    expect(() => readNewCommand(["consumer", "a/b", ...asked, ...examples])).toThrow("got 3 for 2");
  });
});

describe("a function", () => {
  it.each(["messages", "contracts", "publish"])(
    "is not named %s, wherever it is: that name has another",
    async (name) => {
      const files = aDraft();
      const asked = async () => {
        const command = readNewCommand([
          "consumer",
          `parcels/${name}`,
          "--accepts",
          "parcels.parcel-sent.v1",
        ]);
        if (command.kind === "consumer") await newConsumer(files, command);
      };
      made(files);
      const before = files.changed();
      await expect(asked()).rejects.toThrow(
        /(messages|contracts).ts of a service|relay\/publish.ts already has the name publish/,
      );
      expect(files.changed()).toEqual(before);
    },
  );
});

describe("the wiring", () => {
  it("makes a stack and names it in the app, then extends it", () => {
    const files = aDraft();
    wire(files, { service: "parcels", statement: "this.addProjection(one);", imports: [] });
    wire(files, {
      service: "parcels",
      statement: "this.addProjection(two);",
      imports: [{ exported: "B", path: "functions/a/messages.ts" }],
      messagesInItems: true,
    });
    const stack = files.read("lib/parcels-stack.ts");
    expect(stack).toMatch(/\(one\)[\s\S]*\(two\)[\s\S]*\n {2}\}\n\}\n$/);
    expect(stack).toContain('import { B } from "../functions/a/messages.ts";');
    expect(stack).toContain("messagesInItems: true");
    const app = files.read("bin/app.ts") ?? "";
    expect(app.match(/new ParcelsStack\(app, "Parcels"/g)).toHaveLength(1);
    expect(app).toContain('import { ParcelsStack } from "../lib/parcels-stack.ts";');
  });

  it("takes back what a stack said of elsewhere when a function of the app does it, with its import", () => {
    const files = aDraft();
    const placed = { type: "", exported: "OrderPlaced", path: "functions/orders/messages.ts" };
    wire(files, {
      service: "credit",
      statement: "this.expectFromElsewhere(OrderPlaced);",
      imports: [placed],
    });
    expect(files.read("lib/credit-stack.ts")).toContain("expectFromElsewhere");
    nowFromHere(files, "expectFromElsewhere", [placed]);
    expect(files.read("lib/credit-stack.ts")).not.toMatch(/expectFromElsewhere|OrderPlaced/);
  });

  it("says what to add by hand to a stack of another shape, and changes nothing", () => {
    const files = aDraft();
    files.create("lib/other-stack.ts", "export const other = 1;\n");
    const before = files.changed();
    const line = { service: "other", statement: "this.addConsumer();", imports: [] };
    expect(() => wire(files, line)).toThrow(/lib\/other-stack.ts has no .* by hand: this.addConsumer\(\);/);
    expect(files.changed()).toEqual(before);
  });
});

function made(files: Draft): void {
  if (parcelSent.kind !== "message") throw new Error("not a message");
  newMessage(files, parcelSent);
}

/** Of this project, to look at; `save` is never called. */
function aDraft(): Draft {
  return draft(process.cwd());
}

it("a draft of nowhere reads nothing", () => {
  expect(draft(mkdtempSync(join(tmpdir(), "nowhere-"))).read("bin/app.ts")).toBeUndefined();
});
