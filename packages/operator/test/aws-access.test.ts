import { expect, test } from "vitest";
import { requireAccess } from "../src/connect/aws-access.ts";

const found = () => Promise.resolve("found");
const missing = (what: string) => () => Promise.reject(new Error(what));

test("what the SDK does not find is named, with who needs it and how it is given", async () => {
  await expect(
    requireAccess("--stage", { region: missing("Region is missing"), credentials: found }),
  ).rejects.toThrow("--stage needs AWS: Region is missing. Set AWS_REGION, or run `aws configure`.");
  await expect(
    requireAccess("npm run deploy", { region: found, credentials: missing("none") }),
  ).rejects.toThrow(/npm run deploy needs AWS: none. Sign in .* docs\/deploying.md/);
});

test("what is not needed is not asked for", async () => {
  await requireAccess("npm run deploy", { region: missing("no region"), credentials: found }, [
    "credentials",
  ]);
});
