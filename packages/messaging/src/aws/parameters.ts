// Reading a path of Parameter Store, signed and sent with what the DynamoDB client has: credentials, region, deadlines and
// sockets. A client of its own would add a quarter to the relay's bundle, for one operation.
//
//   https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SignatureV4 } from "@smithy/signature-v4";
import { nowMs } from "../core/clock.ts";
import { waitToRetry } from "../core/retry.ts";

export interface Parameter {
  /** Below the path. */
  readonly name: string;
  readonly value: string;
}

export interface ReadParametersOptions {
  /** Whose credentials, region and sockets are used. */
  readonly client: DynamoDBClient;
  /** Begins with a slash and ends without one. */
  readonly path: string;
  readonly deadlineMs: number;
  /** Unless given, where the standard variables say. */
  readonly endpoint?: string | undefined;
}

/** As many as a page holds. */
const pageMax = 10;
/** How often a page that was throttled, or met a fault of the service, is asked for. */
const attemptsMax = 4;

/** @throws Error when not all of them were read before the deadline: half of a registry is none */
export async function readParameters(options: ReadParametersOptions): Promise<Parameter[]> {
  const parameters: Parameter[] = [];
  let token: string | undefined;
  do {
    const page = await pageOf(options, token);
    for (const { Name, Value } of page.Parameters ?? []) {
      parameters.push({ name: Name.slice(options.path.length + 1), value: Value });
    }
    token = page.NextToken;
  } while (token !== undefined);
  return parameters;
}

interface Page {
  readonly Parameters?: readonly { readonly Name: string; readonly Value: string }[];
  readonly NextToken?: string;
}

async function pageOf(options: ReadParametersOptions, token: string | undefined): Promise<Page> {
  const { path, deadlineMs } = options;
  const body = JSON.stringify({ Path: path, MaxResults: pageMax, NextToken: token });
  for (let attempt = 1; ; attempt++) {
    if (nowMs() >= deadlineMs) throw new Error(`reading ${path} timed out`);
    const { status, text } = await post(options, body);
    if (status === 200) return JSON.parse(text) as Page;
    const code = codeIn(text);
    const mayPass = status >= 500 || /Throttl|TooManyUpdates/.test(code);
    if (mayPass && attempt < attemptsMax && (await waitToRetry({ attempt, deadlineMs }))) continue;
    throw Object.assign(new Error(`Parameter Store answered ${status}`), { name: code });
  }
}

async function post({ client, endpoint }: ReadParametersOptions, body: string) {
  const { credentials, region, sha256, requestHandler } = client.config;
  const url = new URL(endpoint ?? endpointOf(await region()));
  const signer = new SignatureV4({ service: "ssm", credentials, region, sha256 });
  const request = await signer.sign({
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port && { port: Number(url.port) }),
    path: "/",
    headers: {
      host: url.host,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AmazonSSM.GetParametersByPath",
    },
    body,
  });
  const { response } = await requestHandler.handle(request as Parameters<typeof requestHandler.handle>[0]);
  const parts: Uint8Array[] = [];
  for await (const part of response.body) parts.push(part);
  return { status: response.statusCode, text: Buffer.concat(parts).toString() };
}

/** The SDK's own precedence; https://docs.aws.amazon.com/general/latest/gr/ssm.html */
function endpointOf(region: string): string {
  const given = process.env.AWS_ENDPOINT_URL_SSM || process.env.AWS_ENDPOINT_URL;
  return given || `https://ssm.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

/** `com.amazonaws.ssm#ThrottlingException` → `ThrottlingException`. */
function codeIn(text: string): string {
  try {
    const { __type: type } = JSON.parse(text) as { readonly __type?: unknown };
    return String(type).replace(/.*#/, "").slice(0, 100);
  } catch {
    return "UnknownError";
  }
}
