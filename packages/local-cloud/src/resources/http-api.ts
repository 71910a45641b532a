// AWS::ApiGatewayV2::Api of the protocol HTTP, with the integrations and routes that lead to functions of this app.
//
//   Its URL is a path prefix of the local cloud's one HTTP server, as a function's URL is.

import { z } from "zod";
import { httpApiArn } from "../model/names.ts";
import { family, NotUnderstood, type Site } from "./family.ts";
import { functionOf } from "./lambda-function.ts";

const DEFAULT_STAGE = "$default";

export const HttpApi = family({
  type: "AWS::ApiGatewayV2::Api",
  properties: z.strictObject({
    ProtocolType: z.literal("HTTP", "must be HTTP: WebSocket APIs are not supported here"),
  }),
  harmless: [
    "CorsConfiguration", // no web page reaches the local cloud
    "Description",
    "DisableExecuteApiEndpoint",
    "Name",
    "RouteSelectionExpression",
    "Tags",
  ],
  create: async (_, site) => {
    const url = site.functionUrlFor(site.path);
    const apiId = new URL(url).pathname.replaceAll("/", "");
    site.deployed.httpApis.push({ path: site.path, apiId, url, routes: [] });
    return { ref: apiId, attributes: { ApiEndpoint: url.replace(/\/$/, ""), ApiId: apiId } };
  },
});

export const Integration = family({
  type: "AWS::ApiGatewayV2::Integration",
  properties: z.strictObject({
    ApiId: z.string(),
    IntegrationType: z.literal("AWS_PROXY", "must be AWS_PROXY: an API here can only invoke functions"),
    IntegrationUri: z.string(),
    PayloadFormatVersion: z.literal("2.0", "must be 2.0"),
  }),
  harmless: ["Description", "IntegrationMethod", "TimeoutInMillis"],
  create: async ({ IntegrationUri }, site) => {
    const { arn } = functionOf(
      "IntegrationUri",
      IntegrationUri.replace(/^.*\/functions\/(.*)\/invocations$/, "$1"),
      site,
    );
    const id = site.logicalId.toLowerCase();
    site.deployed.integrations.set(id, arn);
    return { ref: id, attributes: { IntegrationId: id } };
  },
});

export const Route = family({
  type: "AWS::ApiGatewayV2::Route",
  properties: z.strictObject({
    ApiId: z.string(),
    RouteKey: z.string().regex(/^(\$default|[A-Z]+ \/.*)$/, "must be $default or METHOD /path"),
    Target: z.string(),
    AuthorizationType: z
      .enum(["NONE", "AWS_IAM"], "must be NONE or AWS_IAM, whose signatures are not checked here")
      .optional(),
  }),
  harmless: ["OperationName"],
  create: async ({ ApiId, RouteKey, Target }, site) => {
    const api = apiOf(ApiId, site);
    const functionArn = site.deployed.integrations.get(Target.replace(/^integrations\//, ""));
    if (!functionArn) throw new NotUnderstood(`Target: must be an integration of this app, got ${Target}`);
    api.routes.push({ routeKey: RouteKey, functionArn });
    site.deployed.requiredPermissions.push({
      path: site.path,
      what: "the API invokes the function of its route",
      service: "apigateway.amazonaws.com",
      source: httpApiArn(ApiId, DEFAULT_STAGE, RouteKey),
      accesses: [{ action: "lambda:InvokeFunction", resource: functionArn }],
    });
    return { ref: site.path, attributes: {} };
  },
});

export const Stage = family({
  type: "AWS::ApiGatewayV2::Stage",
  properties: z.strictObject({
    ApiId: z.string(),
    StageName: z.literal(DEFAULT_STAGE, `must be ${DEFAULT_STAGE}`),
    AutoDeploy: z.literal(true, "must be true: API deployments are not supported").optional(),
  }),
  harmless: ["AccessLogSettings", "DefaultRouteSettings", "Description", "RouteSettings", "Tags"],
  create: async ({ StageName }) => ({ ref: StageName, attributes: {} }),
});

function apiOf(apiId: string, { deployed }: Site) {
  const found = deployed.httpApis.find((api) => api.apiId === apiId);
  if (!found) throw new NotUnderstood(`ApiId: must be an API of this app, got ${apiId}`);
  return found;
}
