import { expect, test } from "vitest";
import { type Invited, invitation } from "../../demo/invitation.ts";

const url = "http://127.0.0.1:1";
const invited: Invited = {
  endpoints: { sqs: url, s3: url, dynamodb: url, secretsManager: url, sns: url, ssm: url },
  output: (key) => `the-${key}`,
  customerId: "customer-1",
};

test("what waits for an account is shown with the way to cure it, in one line for a shell", () => {
  const text = invitation({ ...invited, strangerId: "stranger-1" });
  const [, body = ""] = /PutItem' \\\n +-d '(.*)'\n/.exec(text) ?? [];
  expect(JSON.parse(body)).toMatchObject({ TableName: "the-CreditTable", Item: { id: { S: "stranger-1" } } });
  expect(text).toContain("npm run dlq -- redrive --reason ACCOUNT_UNKNOWN --yes\n");
  expect(invitation(invited)).not.toContain("ACCOUNT_UNKNOWN");
});

test("beside another local cloud each of the operator's commands names this one", () => {
  const text = invitation({ ...invited, strangerId: "stranger-1", cloudFile: "/c.json" });
  const commands = text.match(/npm run .*/g) ?? [];
  expect(commands).toHaveLength(3);
  for (const command of commands) expect(command).toMatch(/ --cloud \/c\.json$/);
});
