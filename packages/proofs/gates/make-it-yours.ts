// A gate of `npm run check`: docs/make-it-yours.md, done as it says, in a copy. The emptied template synthesizes, lints,
// type-checks and passes its tests; so does what `npm run new` adds to it.
//
//   By default the tests are those that look at the project around the kit; `--all` runs whatever is left.
import { existsSync } from "node:fs";
import { projectCopy } from "@essentially-once/testing/internal/support/project-copy";

const second = "billing.invoice-paid.v1";
/** Each mode, and the two that order their messages; one has a name that its construct's does not tell. */
const modes = {
  "k-2nd-rows": `--accepts ${second} --mode rows --fifo`,
  "keep-inline": "--mode inline --fifo",
  "keep-effect": "--mode effect",
  "keep-count": "--mode at-most-once",
};

if (!existsSync("functions/orders")) {
  console.log("SKIPPED make it yours: the sample is gone, and with it what would be taken out");
  process.exit(0);
}
const copy = projectCopy();
let failed = false;
try {
  for (const block of shellBlocks("Empty")) await step(block);
  await gates(
    "emptied",
    process.argv.includes("--all")
      ? ""
      : "packages/proofs/gates/tidy.test.ts test/bin test/lib packages/local-cloud/test/start.test.ts --exclude packages/constructs/test/rules/mutations.test.ts",
  );
  for (const block of shellBlocks("Add")) await step(block);
  await step(`npm run new -- message ${second}`);
  for (const [name, mode] of Object.entries(modes)) {
    await step(`npm run new -- consumer billing/${name} --accepts billing.invoice-sent.v1 ${mode}`);
  }
  await gates(
    "begun anew",
    "test/functions/billing packages/operator/test/dead-letters.test.ts packages/proofs/gates/tidy.test.ts",
  );
  copy.change("functions/billing/send-invoice.ts", besideTheUnit);
  await step(
    "! vitest run test/functions/billing/send-invoice.test.ts",
    "its effect moved beside the unit of work fails",
  );
  copy.change("functions/billing/k-2nd-rows.ts", callsForSecondType);
  await step(
    `! vitest run test/functions/billing/k-2nd-rows.test.ts -t ${second}`,
    "a call beside the unit of work, for the second of its types alone, fails though no invariant asks for it",
  );
} finally {
  copy.remove();
}
process.exitCode = failed ? 1 : 0;

/** A common mistake: the handler writes outside the unit of work, so each redelivery writes again. */
function besideTheUnit(handler: string): string {
  const wrong = handler.replace(
    /unit\.write\((.*)\);/,
    "await dynamodb().send(new TransactWriteItemsCommand({ TransactItems: [$1] }));",
  );
  if (wrong === handler) throw new Error("the generated handler has no unit.write to take out");
  return `import { TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";\nimport { dynamodb } from "@essentially-once/messaging/clients";\n${wrong}`;
}

/** Writes where no invariant looks. */
function callsForSecondType(handler: string): string {
  const wrong = handler.replace(
    ".handler(async (message, unit) => {",
    `.handler(async (message, unit) => {
    if (message.type === "${second}") {
      const Item = { id: { S: crypto.randomUUID() } };
      await dynamodb().send(new PutItemCommand({ TableName: process.env.BILLING_TABLE, Item }));
    }`,
  );
  if (wrong === handler) throw new Error("the generated handler has another form");
  return `import { PutItemCommand } from "@aws-sdk/client-dynamodb";\nimport { dynamodb } from "@essentially-once/messaging/clients";\n${wrong}`;
}

/** The `sh` blocks under a heading. */
function shellBlocks(heading: string): string[] {
  const [, section = ""] = copy.read("docs/make-it-yours.md").split(`\n## ${heading}\n`);
  const [body = ""] = section.split("\n## ");
  const blocks = [...body.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  if (blocks.length === 0) throw new Error(`docs/make-it-yours.md has no commands under "${heading}"`);
  return blocks;
}

async function gates(what: string, tests: string): Promise<void> {
  await step("biome check --error-on-warnings .", what);
  await step("tsc -p .", what);
  await step("cdk synth --quiet --output cdk.out", what);
  await step("node packages/local-cloud/src/start.ts --exit", what);
  await step(`vitest run ${tests}`, what);
}

async function step(command: string, what = "make it yours"): Promise<void> {
  const start = performance.now();
  const { exitCode, said } = await copy.run(command);
  failed ||= exitCode !== 0;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${exitCode === 0 ? "✓" : "✗"} ${what}: ${command.trim().split("\n").join("; ")} (${seconds} s)`,
  );
  if (exitCode !== 0) console.log(said);
}
