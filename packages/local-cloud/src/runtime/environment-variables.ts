// The environment of a function: its own variables, Lambda's, and the endpoints of its services.
//
//   Of the host's variables only PATH is passed. The SDK's configuration files point to nothing: otherwise a developer's
//   ~/.aws would decide how a function behaves.

import { randomBytes } from "node:crypto";
import { devNull } from "node:os";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../model/clients.ts";
import type { FunctionEndpoints, LocalFunction } from "../model/model.ts";
import { accessKeyIdOf } from "../permissions/access-key.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
export function environmentVariables(options: {
  readonly fn: LocalFunction;
  readonly endpoints: FunctionEndpoints;
  readonly logStream: string;
}): Record<string, string> {
  const { fn, endpoints, logStream } = options;
  return {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    ...fn.environment,
    _HANDLER: fn.handler,
    LAMBDA_TASK_ROOT: fn.codeDirectory,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: fn.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: accessKeyIdOf(fn.functionName), // by which the way to the engines knows its function
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SNS: endpoints.sns,
    AWS_ENDPOINT_URL_SSM: endpoints.ssm,
    ...(endpoints.others && { AWS_ENDPOINT_URL: endpoints.others }),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
}

/** `2026/11/21/[$LATEST]0123…`: one an environment, as in Lambda. */
export function logStreamName(): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
  return `${day}/[$LATEST]${randomBytes(16).toString("hex")}`;
}
