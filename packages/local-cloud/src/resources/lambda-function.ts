// AWS::Lambda::Function with a bundled directory as its code, and AWS::Lambda::Url.

import { z } from "zod";
import type { LocalFunction } from "../model/model.ts";
import { functionArn, logGroupArn, physicalName } from "../model/names.ts";
import type { RequiredPermission } from "../permissions/required-permissions.ts";
import { type Created, family, NotUnderstood, type Site } from "./family.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const FUNCTION_NAME_CHARACTERS_MAX = 64;
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html */
const TIMEOUT_SECONDS_DEFAULT = 3;
const MEMORY_MEGABYTES_DEFAULT = 128;

/** They know no resource: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html */
const TRACES = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"].map((action) => ({
  action,
  resource: "*",
}));

const functionProperties = z.strictObject({
  FunctionName: z.string().max(FUNCTION_NAME_CHARACTERS_MAX).optional(),
  Code: z.record(z.string(), z.unknown()),
  PackageType: z.literal("Zip", "a container image cannot run here, only a bundled directory").optional(),
  Handler: z
    .string()
    .regex(/^[^.]+(\.[^.]+)+$/, "must be file.export")
    .optional(),
  Runtime: z.string().optional(),
  Timeout: z.number().default(TIMEOUT_SECONDS_DEFAULT),
  MemorySize: z.number().default(MEMORY_MEGABYTES_DEFAULT),
  Environment: z
    .strictObject({ Variables: z.record(z.string(), z.string()).default({}) })
    .default({ Variables: {} }),
  Role: z.string(),
  ReservedConcurrentExecutions: z.number().int().min(0).optional(),
  LoggingConfig: z.looseObject({ LogGroup: z.string().optional() }).optional(),
  TracingConfig: z.strictObject({ Mode: z.enum(["Active", "PassThrough"]) }).optional(),
});

export const LambdaFunction = family({
  type: "AWS::Lambda::Function",
  properties: functionProperties,
  harmless: [
    "Architectures",
    "Description",
    "EphemeralStorage",
    "KmsKeyArn",
    "RecursiveLoop",
    "RuntimeManagementConfig",
    "Tags",
  ],
  create: createFunction,
});

async function createFunction(properties: z.output<typeof functionProperties>, site: Site): Promise<Created> {
  const codeDirectory = bundledDirectory(properties.Code, site);
  const functionName =
    properties.FunctionName ?? physicalName(site, { charactersMax: FUNCTION_NAME_CHARACTERS_MAX });
  const arn = functionArn(functionName);
  const { ReservedConcurrentExecutions: reserved } = properties;
  site.deployed.functions.push({
    path: site.path,
    functionName,
    arn,
    codeDirectory,
    handler: handlerOn(properties),
    timeoutMs: properties.Timeout * 1_000,
    memoryMegabytes: properties.MemorySize,
    environment: properties.Environment.Variables,
    roleArn: properties.Role,
    ...(reserved !== undefined && { reservedConcurrency: reserved }),
  });
  site.deployed.requiredPermissions.push(
    ...requiredPermissionsOf(properties, { functionName, path: site.path }),
  );
  return { ref: functionName, attributes: { Arn: arn } };
}

/** What Lambda does by the function's role for the function itself. */
function requiredPermissionsOf(
  { Role, LoggingConfig, TracingConfig }: z.output<typeof functionProperties>,
  { functionName, path }: { readonly functionName: string; readonly path: string },
): RequiredPermission[] {
  const byRole = { path, service: "lambda.amazonaws.com", roleArn: Role };
  const log = logGroupArn(LoggingConfig?.LogGroup ?? `/aws/lambda/${functionName}`);
  return [
    {
      ...byRole,
      what: "Lambda writes the function's log",
      accesses: ["logs:CreateLogStream", "logs:PutLogEvents"].map((action) => ({ action, resource: log })),
    },
    ...(TracingConfig?.Mode === "Active"
      ? [{ ...byRole, what: "Lambda sends traces to X-Ray", accesses: TRACES }]
      : []),
  ];
}

function bundledDirectory(code: Readonly<Record<string, unknown>>, { assets }: Site): string {
  if ("ZipFile" in code)
    throw new NotUnderstood("Code.ZipFile: inline code cannot run here, only a bundled directory");
  if ("ImageUri" in code) {
    throw new NotUnderstood("Code.ImageUri: a container image cannot run here, only a bundled directory");
  }
  const asset = assets.get(String(code.S3Key));
  if (!asset) throw new NotUnderstood(`Code.S3Key: ${code.S3Key} is not an asset of this assembly`);
  if (asset.packaging !== "zip") {
    throw new NotUnderstood(
      `Code.S3Key: asset ${asset.directory} is a file, only a bundled directory can run here`,
    );
  }
  return asset.directory;
}

/** Functions run on the Node that runs the local cloud, so it must be the one they ask for. */
function handlerOn({ Runtime, Handler }: z.output<typeof functionProperties>): string {
  const available = `nodejs${process.versions.node.split(".")[0]}.x`;
  if (Runtime !== available)
    throw new NotUnderstood(`Runtime: ${Runtime} is not available here, only ${available}`);
  if (!Handler) throw new NotUnderstood("Handler: must be file.export, got nothing");
  return Handler;
}

const urlProperties = z.strictObject({
  TargetFunctionArn: z.string(),
  AuthType: z.enum(["AWS_IAM", "NONE"]), // who signs is not checked on a laptop
  InvokeMode: z.literal("BUFFERED", "only BUFFERED responses can be served here").optional(),
});

export const LambdaUrl = family({
  type: "AWS::Lambda::Url",
  properties: urlProperties,
  harmless: [],
  create: async ({ TargetFunctionArn }, site) => {
    const { arn } = functionOf("TargetFunctionArn", TargetFunctionArn, site);
    const url = site.functionUrlFor(site.path);
    site.deployed.functionUrls.push({ path: site.path, functionArn: arn, url });
    return { ref: arn, attributes: { FunctionUrl: url, FunctionArn: arn } };
  },
});

export const LambdaPermission = family({
  type: "AWS::Lambda::Permission",
  properties: z.strictObject({
    Action: z.string(),
    FunctionName: z.string(),
    Principal: z.string(),
    SourceAccount: z.string().optional(),
    SourceArn: z.string().optional(),
    FunctionUrlAuthType: z.string().optional(),
    InvokedViaFunctionUrl: z.boolean().optional(),
  }),
  harmless: ["EventSourceToken", "PrincipalOrgID"],
  create: async ({ Action, FunctionName, Principal, SourceAccount, SourceArn }, site) => {
    const { arn } = functionOf("FunctionName", FunctionName, site);
    site.deployed.resourcePermissions.push({
      principal: Principal,
      action: Action,
      functionArn: arn,
      ...(SourceArn !== undefined && { sourceArn: SourceArn }),
      ...(SourceAccount !== undefined && { sourceAccount: SourceAccount }),
    });
    return { ref: site.path, attributes: { Id: site.path } };
  },
});

/** The function of this app that a property names, by ARN or by name. */
export function functionOf(property: string, name: string, { deployed }: Site): LocalFunction {
  const found = deployed.functions.find(({ arn, functionName }) => name === arn || name === functionName);
  if (!found) throw new NotUnderstood(`${property}: must be a function of this app, got ${name}`);
  return found;
}
