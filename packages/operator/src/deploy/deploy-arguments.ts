// The command line of `npm run deploy` and `npm run deploy:local`.
import { parseArgs } from "node:util";
import { UsageError, usageErrorFrom } from "../terminal/usage-error.ts";

const rotation = "AWS::SecretsManager::RotationSchedule";

export const DEPLOY_HELP = `npm run deploy -- [--stage dev|prod] [-c NAME=VALUE] [-- OPTIONS OF cdk deploy]
npm run deploy:local -- (the same)

  --stage NAME         which deployment; stages live side by side in one account (default dev)
  -c, --context NAME=VALUE
                       repeatable: a setting of the stacks, as alarmEmail=... or encryptionKeyArn=...
  --move-evidence      from a release whose services shared one evidence table: stops them, copies the evidence into their
                       own tables, starts them again; without --yes it only says what it would do
  --leave NAME         with --move-evidence, repeatable: a function or queue that has left the app, and its evidence with it
  --yes                with --move-evidence: do it
  --without TYPE       deploy:local only, repeatable: leave out the resources of another type that the emulator does
                       not know; ${rotation} is always left out, since no
                       emulator lasts for the month after which it rotates
  --help               this text

deploy goes to AWS, with the credentials and the region that the AWS SDK finds. Once per account and region before it:
    npx cdk bootstrap
deploy:local bootstraps and deploys to the endpoint that AWS_ENDPOINT_URL names, as http://127.0.0.1:4566.
What would change: npx cdk diff -c stage=NAME`;

export type Deploy = { readonly action: "help" } | Deployment;

export interface Deployment {
  readonly action: "deploy";
  readonly stage: string;
  /** As options of the CDK: `-c name=value`. */
  readonly context: readonly string[];
  readonly cdkOptions: readonly string[];
  /** Types of resources that the emulator does not know. */
  readonly without: readonly string[];
  readonly moveEvidence?: {
    readonly leave: readonly string[];
    readonly yes: boolean;
  };
  /** Undefined when it goes to AWS. */
  readonly endpoint?: string;
}

/** @throws UsageError for a flag that is not known, or an endpoint that does not belong to the command */
export function parseDeployArguments(texts: readonly string[], environment: NodeJS.ProcessEnv): Deploy {
  const { values, positionals } = parse(texts);
  if (values.help) return { action: "help" };
  const first = values.stage === undefined ? [] : [`stage=${values.stage}`];
  const context = [...first, ...(values.context ?? [])].flatMap((setting) => ["-c", setting]);
  const stage = stageIn(values);
  const given = environment.AWS_ENDPOINT_URL;
  const elsewhere = Object.keys(environment).filter(
    (name) => /^AWS_ENDPOINT_URL(_|$)/.test(name) && environment[name] && !isOfAws(environment[name]),
  );
  const without = values.without ?? [];
  const move = moveIn(values, positionals);
  if (!values.local) {
    const [name] = elsewhere;
    if (name) {
      throw new UsageError(
        `${name} is ${environment[name]}: \`npm run deploy:local\` deploys to an emulator; unset it to deploy to AWS.`,
      );
    }
    if (without.length > 0) {
      throw new UsageError("--without is for deploy:local: AWS knows every type, and gets every resource.");
    }
    return { action: "deploy", stage, context, cdkOptions: positionals, without, ...move };
  }
  if (!URL.canParse(given ?? "")) {
    throw new UsageError(
      `AWS_ENDPOINT_URL must be the URL of an emulator, as http://127.0.0.1:4566, got ${given ? `"${given}"` : "nothing"}.`,
    );
  }
  const leftOut = [rotation, ...without];
  const endpoint = given as string;
  return { action: "deploy", stage, context, cdkOptions: positionals, without: leftOut, endpoint, ...move };
}

/** A VPC endpoint is one, too. */
function isOfAws(endpoint: string): boolean {
  return URL.canParse(endpoint) && /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(new URL(endpoint).hostname);
}

const flags = {
  stage: { type: "string" },
  context: { type: "string", short: "c", multiple: true },
  without: { type: "string", multiple: true },
  "move-evidence": { type: "boolean" },
  leave: { type: "string", multiple: true },
  yes: { type: "boolean" },
  local: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

function moveIn(values: ReturnType<typeof parse>["values"], cdkOptions: readonly string[]) {
  const { stage, leave = [], yes = false } = values;
  if (!values["move-evidence"]) {
    if (leave.length === 0 && !yes) return {};
    throw new UsageError("--leave and --yes belong to --move-evidence.");
  }
  if (cdkOptions.includes("--profile")) {
    throw new UsageError("--move-evidence reads and writes tables itself: name the profile as AWS_PROFILE.");
  }
  if (stage === undefined)
    throw new UsageError("--move-evidence takes --stage NAME: it asks what is deployed there.");
  return { moveEvidence: { leave, yes } };
}

/** As the stacks read it; a setting stands behind the flag and wins. */
function stageIn({ stage, context = [] }: ReturnType<typeof parse>["values"]): string {
  const set = context.findLast((setting) => setting.startsWith("stage="))?.slice("stage=".length);
  return set ?? stage ?? "dev";
}

function parse(texts: readonly string[]) {
  const end = texts.indexOf("--");
  const own = end < 0 ? texts : texts.slice(0, end);
  try {
    const { values } = parseArgs({ args: [...own], options: flags });
    return { values, positionals: end < 0 ? [] : texts.slice(end + 1) };
  } catch (error) {
    throw usageErrorFrom(error, ["stage", "context", "move-evidence", "leave", "yes", "without", "help"]);
  }
}
