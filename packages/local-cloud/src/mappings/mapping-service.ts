// The part of Lambda's API that lists event source mappings, and enables and disables them: for the operator's command, and
// for the AWS CLI. Other requests are refused by name.
//
//   https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { z } from "zod";
import type { JsonService } from "../engines/json-service.ts";
import { listenLocally } from "../engines/local-server.ts";
import type { MappingSwitch } from "./mapping-switches.ts";

const path = /^\/2015-03-31\/event-source-mappings(?:\/(?<uuid>[\w-]*))?$/;
const Update = z.strictObject({ Enabled: z.boolean(), FunctionName: z.string().optional() });
const BODY_BYTES_MAX = 10_000;

interface Answer {
  readonly status: number;
  readonly body: object;
}

export async function startMappingService(switches: readonly MappingSwitch[]): Promise<JsonService> {
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request).catch(refusal);
    const headers = {
      "content-type": "application/json",
      ...("Type" in body && { "x-amzn-errortype": String(body.Type) }),
    };
    response.writeHead(status, headers).end(JSON.stringify(body));
  });
  return {
    endpoint: await listenLocally(server),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { method = "GET" } = request;
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://lambda");
    const found = path.exec(pathname);
    const { uuid = "" } = found?.groups ?? {};
    if (found === null || !["GET", "PUT"].includes(method)) {
      return error(
        400,
        "InvalidParameterValueException",
        `${method} ${pathname} is not supported; supported are ListEventSourceMappings, GetEventSourceMapping, and UpdateEventSourceMapping of Enabled`,
      );
    }
    if (uuid === "") return { status: 200, body: { EventSourceMappings: listed(searchParams) } };
    const named = switches.find((each) => each.uuid === uuid);
    if (named === undefined)
      return error(404, "ResourceNotFoundException", `There is no event source mapping ${uuid}.`);
    if (method === "GET") return { status: 200, body: configurationOf(named) };
    return update(named, await bodyOf(request));
  }

  function listed(wanted: URLSearchParams): object[] {
    const source = wanted.get("EventSourceArn");
    const name = wanted.get("FunctionName");
    return switches
      .filter(({ eventSourceArn }) => source === null || eventSourceArn === source)
      .filter(({ functionArn }) => name === null || [functionArn, nameOf(functionArn)].includes(name))
      .map(configurationOf);
  }

  function update(found: MappingSwitch, text: string): Answer {
    const { data, error: fault } = Update.safeParse(JSON.parse(text));
    if (fault) return error(400, "InvalidParameterValueException", fault.issues[0]?.message ?? "no body");
    if (data.Enabled) found.enable();
    else found.disable();
    return { status: 202, body: configurationOf(found) };
  }
}

function configurationOf({ uuid, functionArn, eventSourceArn, state, changedMs }: MappingSwitch): object {
  return {
    UUID: uuid,
    EventSourceArn: eventSourceArn,
    FunctionArn: functionArn,
    State: state,
    StateTransitionReason: "USER_INITIATED",
    LastModified: changedMs / 1_000,
  };
}

function nameOf(functionArn: string): string {
  return functionArn.split(":").at(-1) ?? "";
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > BODY_BYTES_MAX) throw new SyntaxError("too large");
  }
  return body;
}

function error(status: number, Type: string, message: string): Answer {
  return { status, body: { Type, message } };
}

function refusal(cause: unknown): Answer {
  const { message } = cause instanceof Error ? cause : new Error(String(cause));
  return error(cause instanceof SyntaxError ? 400 : 500, "ServiceException", message);
}
