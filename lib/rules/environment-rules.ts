// What a function is told: Lambda takes 4 KB of environment and no more, and CloudFormation says so in the middle of a
// deployment. The routes of the relay grow with every consumer, so they come there first.
import { finding, type Rule } from "./rule.ts";
import type { Resource } from "./templates.ts";
import { at } from "./wiring.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const environmentBytesMax = 4_096;

export const environmentRules: readonly Rule[] = [
  {
    id: "environment-size",
    demand: `names and values of a function's environment must fit ${environmentBytesMax} bytes, or its deployment fails`,
    check: (templates) =>
      templates.ofType("AWS::Lambda::Function").flatMap((each) => {
        const bytes = environmentBytes(each);
        if (bytes <= environmentBytesMax) return [];
        const remedy = `it is about ${bytes} bytes: fewer or shorter values; of ROUTES, shorter names or a second app`;
        return [finding(each, `Environment.Variables.${largestVariable(each)}`, remedy)];
      }),
  },
];

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

/** Of what only CloudFormation knows, by estimate. */
function valueBytes(value: unknown): number {
  if (typeof value !== "string") return referenceBytes;
  return Buffer.byteLength(value.replace(/‹[^›]+›/g, "u".repeat(referenceBytes)));
}
