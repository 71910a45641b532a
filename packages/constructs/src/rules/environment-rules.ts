// The environment of a function: Lambda takes at most 4 KB, and CloudFormation reports more only in the middle of a
// deployment. The longest variable is a contract with many types.
import { finding, type Rule } from "./rule.ts";
import type { Resource } from "./templates.ts";
import { at, variableOf } from "./wiring.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const environmentBytesMax = 4_096;

export const environmentRules: readonly Rule[] = [
  {
    id: "environment-size",
    demand: `the names and values of a function's environment must fit in ${environmentBytesMax} bytes, or its deployment fails`,
    check: (templates) =>
      templates.ofType("AWS::Lambda::Function").flatMap((each) => {
        const bytes = environmentBytes(each);
        if (bytes <= environmentBytesMax) return [];
        const remedy = `fewer or shorter values: it is about ${bytes} bytes`;
        return [finding(each, `Environment.Variables.${largestVariable(each)}`, remedy)];
      }),
  },
  {
    id: "environment-override",
    demand:
      "the variable changes how Node, the SDK or Powertools behave, so the function does not run as tested",
    check: (templates) =>
      templates.ofType("AWS::Lambda::Function").flatMap((each) =>
        variables(each)
          .filter(([name, value]) => overrides(name, value))
          .map(([name]) => finding(each, `Environment.Variables.${name}`, "remove it")),
      ),
  },
  {
    id: "example-address",
    demand: "in production a placeholder address reaches no server, or a foreign one",
    check: (templates) =>
      templates.keepsData
        ? templates.ofType("AWS::Lambda::Function").flatMap((each) =>
            variables(each)
              .filter(([, value]) => isExample(value))
              .map(([name]) =>
                finding(
                  each,
                  `Environment.Variables.${name}`,
                  "the real address; the sample's carrier is -c carrierUrl=https://...",
                ),
              ),
          )
        : [],
  },
  {
    id: "one-system",
    demand: "functions must share one signing secret and one claim-check bucket",
    check: (templates) =>
      ["SIGNING_SECRET_ARN", "CLAIM_CHECK_BUCKET"].flatMap((variable) => {
        const users = templates
          .ofType("AWS::Lambda::Function")
          .filter((each) => variableOf(each, variable) !== undefined);
        const [first] = users;
        return users
          .filter((each) => first && variableOf(each, variable) !== variableOf(first, variable))
          .map((each) => finding(each, `Environment.Variables.${variable}`, `the one of ${first?.path}`));
      }),
  },
];

/** https://www.rfc-editor.org/rfc/rfc2606 and this machine. */
const exampleHosts =
  /(^|\.)(example(\.(com|net|org))?|invalid|test|localhost)$|^127\.|^0\.0\.0\.0$|^\[::1\]$/;

function isExample(value: unknown): boolean {
  const url = typeof value === "string" ? URL.parse(value) : null;
  return url !== null && exampleHosts.test(url.hostname);
}

const overriding =
  /^(AWS_|NODE_|LD_|SSL_|_|HTTPS?_PROXY$|NO_PROXY$|ALL_PROXY$|UV_|OPENSSL_|LAMBDA_|POWERTOOLS_(DEV|METRICS_DISABLED|METRICS_FUNCTION_NAME|LOG_LEVEL|LOGGER_LOG_LEVEL)$)/i;

const known: Readonly<Record<string, RegExp>> = {
  NODE_OPTIONS: /^--enable-source-maps$/,
  NODE_ENV: /^production$/,
  POWERTOOLS_LOG_LEVEL: /^(TRACE|DEBUG|INFO)$/i,
  POWERTOOLS_LOGGER_LOG_LEVEL: /^(TRACE|DEBUG|INFO)$/i,
};

function overrides(name: string, value: unknown): boolean {
  return overriding.test(name) && known[name]?.test(String(value)) !== true;
}

/** A URL of a queue, as `https://sqs.eu-central-1.amazonaws.com/…` and a name like ours; others are shorter. */
const referenceBytes = 110;

function environmentBytes(each: Resource): number {
  return variables(each).reduce((sum, [name, value]) => sum + name.length + valueBytes(value), 0);
}

function largestVariable(each: Resource): string {
  const [largest] = variables(each).sort(([, a], [, b]) => valueBytes(b) - valueBytes(a));
  return largest?.[0] ?? "";
}

function variables(each: Resource): [string, unknown][] {
  return Object.entries(Object(at(each, "Environment.Variables")));
}

/** Estimates values that only CloudFormation knows. */
function valueBytes(value: unknown): number {
  if (typeof value !== "string") return referenceBytes;
  return Buffer.byteLength(value.replace(/‹[^›]+›/g, "u".repeat(referenceBytes)));
}
