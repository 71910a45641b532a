// Every bundle must load: loads each bundle of the assembly once, with its function's environment.
//
//   G3, G6. A function that cannot start sends nothing, and lets its messages expire.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type LoadableBundle, type LoadFailure, loadBundles } from "../bundle/load-bundles.ts";
import { finding, type Rule } from "./rule.ts";
import { asResourceToken } from "./template-values.ts";
import type { Resource, Templates } from "./templates.ts";
import { at } from "./wiring.ts";

export const bundleRules: readonly Rule[] = [
  {
    id: "function-loads",
    demand: "a function whose bundle does not load never runs, and its messages expire",
    check: (templates) => {
      const functions = templates.ofType("AWS::Lambda::Function").flatMap((each) => {
        const bundle = bundleOf(templates, each);
        return bundle ? [{ each, bundle }] : [];
      });
      return loadBundles(functions.map(({ bundle }) => bundle)).flatMap((failure, index) => {
        const each = functions[index]?.each;
        if (failure === undefined || each === undefined) return [];
        return [{ ...finding(each, "Code", remedyOf(failure)), value: said(failure) }];
      });
    },
  },
];

/** Undefined for a stack that is not deployed this time: the CDK leaves its functions unbundled. */
function bundleOf(templates: Templates, each: Resource): LoadableBundle | undefined {
  const key = String(at(each, "Code.S3Key") ?? "").replace(/\.zip$/, "");
  const directory = assetOf(key, dirname(each.templatePath));
  if (key === "" || directory === undefined || !String(at(each, "Runtime")).startsWith("nodejs"))
    return undefined;
  const handler = String(at(each, "Handler"));
  return { directory, handler, environment: environmentOf(templates, each) };
}

/** The assembly of a stage lies in that of its app, or of a stage around it; the outermost has the assets of all. */
function assetOf(key: string, assembly: string): string | undefined {
  const directory = join(assembly, `asset.${key}`);
  if (existsSync(directory)) return directory;
  const outer = dirname(assembly);
  return existsSync(join(outer, "cdk.out")) ? assetOf(key, outer) : undefined;
}

function environmentOf(templates: Templates, each: Resource): Record<string, string> {
  const variables = Object.entries(Object(at(each, "Environment.Variables")));
  return {
    ...runtimeVariables,
    _HANDLER: String(at(each, "Handler")),
    AWS_LAMBDA_FUNCTION_NAME: each.logicalId,
    ...Object.fromEntries(variables.map(([name, value]) => [name, asDeployed(templates, value)])),
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const runtimeVariables = {
  AWS_REGION: "us-east-1",
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "synthesis",
  AWS_SECRET_ACCESS_KEY: "synthesis",
  AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
};

/** Stands in for a value that only a deployment knows, in the same form. */
function asDeployed(templates: Templates, value: unknown): string {
  if (typeof value !== "string") return "known-when-deployed";
  return value.replaceAll(/‹[^›]+›/g, (token) => {
    const { logicalId = "" } = asResourceToken(token) ?? {};
    if (/\|Arn›$/.test(token)) return `arn:aws:service:us-east-1:123456789012:${logicalId}`;
    const isQueue = templates.referredTo(token)?.type === "AWS::SQS::Queue";
    return isQueue ? `https://sqs.us-east-1.amazonaws.com/123456789012/${logicalId}` : logicalId;
  });
}

function said({ message, package: name }: LoadFailure): string {
  const [first = ""] = message.split("\n");
  return name === undefined ? `not loadable (${first})` : `not loadable (${first}, in package ${name})`;
}

const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /uses the network/,
    "move the request into the handler: otherwise the function cannot start while the other system is down",
  ],
  [
    /Dynamic require of|(require|__dirname|__filename|module|exports) is not defined/,
    "bundle it with `bundle()` of packages/constructs/src/constructs/bundle.ts, which provides `require` to CommonJS packages",
  ],
  [
    /\.node\b|bindings file|native|ERR_DLOPEN|prebuil/i,
    "a bundle can hold only JavaScript: use a package without native code, or a Lambda layer (docs/deploying.md)",
  ],
  [
    /Cannot find (module|package)/,
    "install the missing package as a dependency; a package that loads modules by a computed name cannot be bundled",
  ],
  [
    /unsettled top-level await/,
    "import it statically, or inside the handler: a later import needs this file to be loaded",
  ],
  [
    /ENOENT/,
    "a bundle can hold only code: import the file's content, or use a package that reads no files of its own",
  ],
];

function remedyOf({ message }: LoadFailure): string {
  const [, remedy] = remedies.find(([pattern]) => pattern.test(message)) ?? [];
  return remedy ?? "run the file with `node` and the function's environment variables to see why";
}
