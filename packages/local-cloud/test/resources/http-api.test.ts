// An HTTP API in front of functions: its routes, what they tell a function, and its URL wherever a template makes one.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { aFunction, oneStack, temporaryDirectory } from "@essentially-once/testing/synthesized";
import { CfnOutput, type Stack } from "aws-cdk-lib";
import { CfnAuthorizer, CfnRoute, HttpApi, HttpMethod } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Code } from "aws-cdk-lib/aws-lambda";
import { beforeAll, describe, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../../src/cloud.ts";
import { matchRoute } from "../../src/urls/http-api.ts";

const HANDLER = `export const handler = async (event) => {
  if (event.rawPath === "/fails") throw new Error("fails");
  const { version, routeKey, rawPath, rawQueryString, pathParameters, body } = event;
  return { version, routeKey, rawPath, rawQueryString, pathParameters, body, url: process.env.URL };
};`;

function aShop(stack: Stack): void {
  const directory = temporaryDirectory("bundle");
  writeFileSync(join(directory, "index.mjs"), HANDLER);
  const api = new HttpApi(stack, "Api", { corsPreflight: { allowOrigins: ["https://shop.example"] } });
  const fn = aFunction(stack, "Orders", { code: Code.fromAsset(directory) });
  const integration = new HttpLambdaIntegration("Orders", fn);
  api.addRoutes({ path: "/orders", methods: [HttpMethod.POST], integration });
  api.addRoutes({ path: "/orders/{orderId}", methods: [HttpMethod.GET], integration });
  api.addRoutes({ path: "/fails", integration });
  const reader = aFunction(stack, "Reader", {
    code: Code.fromAsset(directory),
    environment: { URL: api.apiEndpoint },
  });
  api.addRoutes({
    path: "/docs/{proxy+}",
    methods: [HttpMethod.GET],
    integration: new HttpLambdaIntegration("Reader", reader),
  });
  new CfnOutput(stack, "Url", { value: api.url ?? "" });
}

describe("an HTTP API", () => {
  let cloud: LocalCloud;
  let url: string;
  beforeAll(async () => {
    cloud = await startLocalCloud({ assemblyDirectory: oneStack(aShop) });
    url = cloud.output("Url");
    return cloud.stop;
  });

  it("has its URL where the template makes AWS's", () => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/shop-api\/$/);
  });

  it("leads a request to the function of its route, with an event of the payload format 2.0", async () => {
    const posted = await fetch(`${url}orders?a=b`, { method: "POST", body: "{}" });
    expect(await posted.json()).toEqual({
      version: "2.0",
      routeKey: "POST /orders",
      rawPath: "/orders",
      rawQueryString: "a=b",
      body: "{}",
    });
    expect(await (await fetch(`${url}orders/a%20b`)).json()).toMatchObject({
      routeKey: "GET /orders/{orderId}",
      pathParameters: { orderId: "a b" },
    });
    expect(await (await fetch(`${url}docs/a/b`)).json()).toMatchObject({
      pathParameters: { proxy: "a/b" },
      url: url.slice(0, -1),
    });
  });

  it("answers 404 where there is no route, and 500 where the function fails", async () => {
    const none = await fetch(`${url}orders`, { method: "DELETE" });
    expect([none.status, await none.json()]).toEqual([404, { message: "Not Found" }]);
    const failed = await fetch(`${url}fails`);
    expect([failed.status, await failed.json()]).toEqual([500, { message: "Internal Server Error" }]);
  });
});

describe("refused by name is", () => {
  it("an authorizer, which would refuse every request on AWS and none here", async () => {
    const assemblyDirectory = oneStack((stack) => {
      const api = new HttpApi(stack, "Api");
      new CfnAuthorizer(stack, "Users", {
        apiId: api.apiId,
        authorizerType: "JWT",
        name: "users",
        identitySource: [],
      });
    });
    await expect(startLocalCloud({ assemblyDirectory })).rejects.toThrow(
      "AWS::ApiGatewayV2::Authorizer not supported",
    );
  });

  it("an integration with something else than a function", async () => {
    const assemblyDirectory = oneStack((stack) => {
      const api = new HttpApi(stack, "Api");
      new CfnRoute(stack, "Route", { apiId: api.apiId, routeKey: "GET /", target: "integrations/none" });
    });
    await expect(startLocalCloud({ assemblyDirectory })).rejects.toThrow(
      "Target: must be an integration of this app",
    );
  });

  it("a route whose function has not permitted the API", async () => {
    const assemblyDirectory = oneStack((stack) => {
      aShop(stack);
      for (const child of stack.node.findAll()) {
        if ("cfnResourceType" in child && child.cfnResourceType === "AWS::Lambda::Permission")
          child.node.scope?.node.tryRemoveChild(child.node.id);
      }
    });
    await expect(startLocalCloud({ assemblyDirectory })).rejects.toThrow("for apigateway.amazonaws.com");
  });
});

describe("the route of a request is the most particular one", () => {
  const routes = [
    "$default",
    "ANY /{proxy+}",
    "ANY /orders/{id}",
    "GET /orders/{id}",
    "GET /orders/open",
    "GET /a/{x}/{y+}",
  ].map((routeKey) => ({ routeKey, functionArn: "arn" }));
  it.each([
    ["GET", "/orders/open", "GET /orders/open", {}],
    ["GET", "/orders/7", "GET /orders/{id}", { id: "7" }],
    ["PUT", "/orders/open", "ANY /orders/{id}", { id: "open" }],
    ["PUT", "/orders/7/lines", "ANY /{proxy+}", { proxy: "orders/7/lines" }],
    ["GET", "/a/b/c/d", "GET /a/{x}/{y+}", { x: "b", y: "c/d" }],
    ["GET", "/", "$default", {}],
  ])("%s %s goes to %s", (method, path, routeKey, pathParameters) => {
    const matched = matchRoute(routes, { method, path });
    expect(matched?.route.routeKey).toBe(routeKey);
    expect(matched?.pathParameters).toEqual(pathParameters);
  });

  it("is none where none fits", () => {
    expect(matchRoute(routes.slice(3), { method: "POST", path: "/orders/7" })).toBeUndefined();
  });
});
