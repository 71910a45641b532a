// The first block of each public package's README runs as it is printed: code in a small app of its own, commands by their help.
// What needs a running cloud or an install runs in gates/packed.ts.
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { exploreCrashes } from "@essentially-once/testing/explore-crashes";
import { exploreProcess } from "@essentially-once/testing/explore-process";
import { beforeAll, describe, expect, it, vi } from "vitest";

const linesMax = 10;
/** Of a consumer, as its construct sets them. */
const consumerVariables = {
  CONTRACT:
    '{"name":"send-invoice","accepts":["billing.invoice-requested.v1"],"publishes":["billing.invoice-sent.v1"]}',
  EVIDENCE_TABLE: "evidence",
  ORDERED_OUTBOX_TABLE: "outbox",
  QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/invoices",
  DEAD_LETTER_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/invoices-dead",
  MAX_RECEIVE_COUNT: "5",
  SIGNING_SECRET_ARN: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:keys",
};
const repository = process.cwd();
const app = mkdtempSync(join(tmpdir(), "readmes-"));
/** What the blocks import, and where each of them stands. */
const files: Readonly<Record<string, string>> = {
  "functions/billing/messages.ts": `import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod";
const schema = z.strictObject({ id: z.string() });
export const InvoiceRequested = messageType({ type: "billing.invoice-requested.v1", schema, key: ({ id }) => id });
export const InvoiceSent = messageType({ type: "billing.invoice-sent.v1", schema, key: ({ id }) => id });
export const InvoicePaid = messageType({ type: "billing.invoice-paid.v1", schema, key: ({ id }) => id });
export const ReminderDue = messageType({ type: "billing.reminder-due.v1", schema, key: ({ id }) => id });
export const InvoiceOverdue = messageType({ type: "billing.invoice-overdue.v1", schema, key: ({ id }) => id });
`,
  "functions/billing/contracts.ts": `import { contract } from "@essentially-once/messaging/contract";
import { InvoiceRequested, InvoiceSent } from "./messages.ts";
export const sendInvoice = contract({ name: "send-invoice", accepts: [InvoiceRequested], publishes: [InvoiceSent] });
`,
  "functions/billing/send-invoice.ts": firstBlock("messaging").text,
  "functions/billing/mail-invoice.ts": block("messaging", 2).text,
  "functions/billing/remind.ts": block("messaging", 3).text,
  "functions/billing/bill.ts": blockAfter("messaging", "A process"),
  "lib/billing-stack.ts": firstBlock("constructs").text,
  "test/functions/billing/send-invoice.test.ts": firstBlock("testing").text,
  "package.json": '{ "type": "module" }',
  "tsconfig.json": readFileSync("tsconfig.json", "utf8"),
  "cdk.json": readFileSync("cdk.json", "utf8"),
};

beforeAll(() => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(app, dirname(path)), { recursive: true });
    writeFileSync(join(app, path), text);
  }
  symlinkSync(resolve("node_modules"), join(app, "node_modules"));
});

it("each public package has a README that begins with a block of code or commands, of ten lines at most", () => {
  for (const name of publicPackages()) {
    const lines = firstBlock(name)
      .text.split("\n")
      .filter((line) => line.trim() !== "");
    expect(lines.length, name).toBeGreaterThan(0);
    expect(lines.length, name).toBeLessThanOrEqual(linesMax);
  }
});

describe("the code", () => {
  it("type-checks", () => {
    const { status, stdout } = spawnSync("tsc", ["-p", "."], { cwd: app, encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  it("of messaging with a rate and a breaker loads where the stack grants the limit, and nowhere else", () => {
    const start = (LIMITS: string) =>
      spawnSync(process.execPath, ["functions/billing/mail-invoice.ts"], {
        cwd: app,
        env: { ...consumerVariables, LIMITS },
        encoding: "utf8",
      });
    expect(start("mailer")).toMatchObject({ status: 0, stderr: "" });
    expect(start("other").stderr).toContain('addConsumer(contract, { limits: ["mailer"] })');
  });

  it("of constructs makes a stack with a function, a queue and its dead-letter queue", () => {
    const program = `
      import { FoundationStack } from "@essentially-once/constructs/foundation-stack";
      import { aConfig, aTestApp } from "@essentially-once/testing/test-app";
      import { Template } from "aws-cdk-lib/assertions";
      import { BillingStack } from ${JSON.stringify(pathToFileURL(join(app, "lib/billing-stack.ts")).href)};
      const [root, config] = [aTestApp(), aConfig()];
      const foundation = new FoundationStack(root, "Foundation", { config });
      const template = Template.fromStack(new BillingStack(root, "Billing", { config, foundation }));
      template.resourceCountIs("AWS::SQS::Queue", 2);
      template.resourceCountIs("AWS::Lambda::EventSourceMapping", 1);`;
    const { status, stderr } = run(["--input-type=module", "--eval", program]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it("of messaging is what that of testing proves: it publishes once, whatever fails", async () => {
    const printed = join(app, "test/functions/billing/send-invoice.test.ts");
    const text = readFileSync(printed, "utf8"); // its path is from the top of an app, and this is another's
    writeFileSync(printed, text.replace('"functions/billing', `"${app}/functions/billing`));
    await import(pathToFileURL(printed).href);
  });

  it("G12: of a message at a later time schedules once and cancels, whatever fails", async () => {
    const day = 86_400_000;
    const aMessage = (kind: string, id: string) =>
      asciiJson(
        anEnvelope({
          id: `${kind}-${id}`,
          type: `billing.invoice-${kind}.v1`,
          partitionkey: id,
          data: { id },
        }),
      );
    await exploreCrashes(join(app, "functions/billing/remind.ts"), {
      guarded: true,
      messages: (unique) => [aMessage("sent", `open-${unique}`)],
      invariant: async (sandbox, unique) => {
        const { type, due = "" } = (await sandbox.scheduled("remind", `open-${unique}`)) ?? {};
        expect(type).toBe("billing.reminder-due.v1");
        expect(Math.round((Date.parse(due) - Date.now()) / day)).toBe(14);
      },
    });
  });
});

it("the process of messaging does as its table says, in every order of arrival and whatever fails", async () => {
  const tables = ["BILLING_TABLE", "EVIDENCE_TABLE", "SCHEDULES_TABLE", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL"];
  for (const name of tables) vi.stubEnv(name, "unused: the explorer has its own");
  vi.stubEnv("MAX_RECEIVE_COUNT", "5");
  const path = join(app, "functions/billing/bill.ts");
  const { bill } = await import(pathToFileURL(path).href);
  const messages = await import(pathToFileURL(join(app, "functions/billing/messages.ts")).href);
  const types = [messages.InvoiceRequested, messages.InvoiceSent, messages.InvoiceOverdue];
  const { decisions } = await exploreProcess(bill, path, {
    tables: { BILLING_TABLE: { stream: true } },
    ordersMax: 8,
    messages: (id) => types.map((type) => type.from({ id })),
  });
  expect(decisions).toHaveLength(12);
});

describe("the commands", () => {
  const commands: Readonly<Record<string, string>> = {
    "npx essentially-once": "packages/operator/src/bin.ts",
    "npx local-cloud": "packages/local-cloud/src/start.ts",
    "npx essentially-once-console": "packages/console/src/console.ts",
    "npm create essentially-once": "packages/create/src/create.ts",
  };
  const printed = ["operator", "local-cloud", "console", "create"].flatMap((name) =>
    firstBlock(name)
      .text.split("\n")
      .map((line) => line.replace(/#.*/, "").replace(" -- ", " ").trim())
      .filter((line) => line !== "" && !line.startsWith("cd ")),
  );

  it.each(printed)("%s is understood", (line) => {
    const [name = "", file = ""] =
      Object.entries(commands).find(([known]) => `${line} `.startsWith(`${known} `)) ?? [];
    expect(file, `${line} is a command that this test does not know`).not.toBe("");
    const given = line.slice(name.length).trim().split(/\s+/).filter(Boolean);
    const argv = [resolve(repository, file), ...given.filter((one) => one !== "--help"), "--help"];
    const { status, stdout, stderr } = run(argv);
    expect(stderr).toBe("");
    expect(stdout).toContain("--help");
    expect(status).toBe(0);
  });
});

/** In the app, without what this process has in its environment for engines of its own. */
function run(argv: readonly string[]) {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  return spawnSync(process.execPath, argv, {
    cwd: app,
    env: { PATH, HOME, NODE_COMPILE_CACHE },
    encoding: "utf8",
  });
}

function publicPackages(): string[] {
  return globSync("packages/*/package.json", { cwd: repository })
    .filter((file) => !JSON.parse(readFileSync(join(repository, file), "utf8")).private)
    .map((file) => file.split(/[\\/]/)[1] ?? "");
}

function blockAfter(name: string, words: string): string {
  const readme = readFileSync(join(repository, "packages", name, "README.md"), "utf8");
  const [, text = ""] = /^```ts\n(.*?)^```$/ms.exec(readme.slice(readme.indexOf(`\n${words}`))) ?? [];
  return text;
}

function firstBlock(name: string): { readonly language: string; readonly text: string } {
  return block(name, 1);
}

function block(name: string, nth: number): { readonly language: string; readonly text: string } {
  const readme = readFileSync(join(repository, "packages", name, "README.md"), "utf8");
  const [, language = "", text = ""] = [...readme.matchAll(/^```(ts|sh)\n(.*?)^```$/gms)][nth - 1] ?? [];
  return { language, text };
}
