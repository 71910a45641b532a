// The command line of `npm run deploy` and `npm run deploy:local`.
import { parseArgs } from "node:util";
import { UsageError, usageErrorFrom } from "../terminal/usage-error.ts";

const rotation = "AWS::SecretsManager::RotationSchedule";

export const DEPLOY_HELP = `npm run deploy -- [--stage dev|prod] [-c NAME=VALUE] [-- OPTIONS OF cdk deploy]
npm run deploy:local -- (the same)

  --stage NAME         the stage to deploy (default dev); one account can have several
  -c, --context NAME=VALUE
                       repeatable: a setting of the stacks, such as alarmEmail=... or encryptionKeyArn=...
  --move-evidence      upgrades a release whose services shared one evidence table: stops them, copies the evidence to
                       their own tables, starts them again; a dry run without --yes
  --leave NAME         with --move-evidence, repeatable: a removed function or queue, whose evidence is not copied
  --yes                with --move-evidence: do it
  --without TYPE       deploy:local only, repeatable: leave out resources of a type that the emulator does not support;
                       ${rotation} is always left out, because an emulator
                       does not run for the month until a rotation
  --help               this text

deploy uses AWS, with the credentials and region of the AWS SDK. First, once per account and region:
    npx cdk bootstrap
deploy:local bootstraps and deploys to AWS_ENDPOINT_URL, such as http://127.0.0.1:4566.
To see the changes: npx cdk diff -c stage=NAME`;

export type Deploy = { readonly action: "help" } | Deployment;

export interface Deployment {
  readonly action: "deploy";
  readonly stage: string;
  /** As options of the CDK: `-c name=value`. */
  readonly context: readonly string[];
  readonly cdkOptions: readonly string[];
  /** The CDK's `--profile`: what the command itself asks, it asks of the same account. */
  readonly profile?: string;
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
  const profile = profileIn(positionals);
  const more = { ...(profile !== undefined && { profile }), ...moveIn(values, profile) };
  if (!values.local) {
    const [name] = elsewhere;
    if (name) {
      throw new UsageError(
        `${name} is ${environment[name]}: \`npm run deploy:local\` deploys to an emulator; unset it to deploy to AWS.`,
      );
    }
    if (without.length > 0) {
      throw new UsageError("--without is only for deploy:local: AWS supports every resource type.");
    }
    return { action: "deploy", stage, context, cdkOptions: positionals, without, ...more };
  }
  if (!URL.canParse(given ?? "")) {
    throw new UsageError(
      `AWS_ENDPOINT_URL must be the URL of an emulator, such as http://127.0.0.1:4566, got ${given ? `"${given}"` : "nothing"}.`,
    );
  }
  const leftOut = [rotation, ...without];
  const endpoint = given as string;
  return { action: "deploy", stage, context, cdkOptions: positionals, without: leftOut, endpoint, ...more };
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

function profileIn(cdkOptions: readonly string[]): string | undefined {
  const at = cdkOptions.findLastIndex((option) => /^--profile(=|$)/.test(option));
  if (at < 0) return undefined;
  const [, value = cdkOptions[at + 1]] = cdkOptions[at]?.split("=") ?? [];
  return value;
}

function moveIn(values: ReturnType<typeof parse>["values"], profile: string | undefined) {
  const { stage, leave = [], yes = false } = values;
  if (!values["move-evidence"]) {
    if (leave.length === 0 && !yes) return {};
    throw new UsageError("--leave and --yes need --move-evidence.");
  }
  if (profile !== undefined) {
    throw new UsageError("--move-evidence reads and writes tables itself: set the profile in AWS_PROFILE.");
  }
  if (stage === undefined)
    throw new UsageError("--move-evidence needs --stage NAME, to find the deployed stacks.");
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
