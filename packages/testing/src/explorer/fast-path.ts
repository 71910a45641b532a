// Makes the clients of explored processes cheap below the gate, and there alone: no signature that no engine looks at, no
// HTTP handler between them and an engine that always answers. A new client of a new process does not look up region
// and credentials again. Serializers, retries, time limits and errors are the SDK's, as deployed.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { unsigned } from "./plain-clients.ts";
import { exchange } from "./wire.ts";

type Config = DynamoDBClient["config"];
type Handler = Config["requestHandler"];

/** Settings that follow from the environment, which is the same for all processes of a sandbox. */
const environmental = [
  "accountIdEndpointMode",
  "authSchemePreference",
  "credentials",
  "defaultUserAgentProvider",
  "defaultsMode",
  "disableClockSkewCorrection",
  "endpointDiscoveryEnabled",
  "region",
  "retryMode",
  "serviceConfiguredEndpoint",
  "useDualstackEndpoint",
  "useFipsEndpoint",
  "userAgentAppId",
] as const;

const speakJson = new Set(["DynamoDBClient", "DynamoDBStreamsClient", "SQSClient"]);
const first = new Map<string, object>();

/** Where nobody answers the SDK's own handler is needed: its time limits end the call. */
export function takeFastPath({ config, constructor: { name } }: SdkClient, noAnswerAt?: URL): void {
  if (!speakJson.has(name)) return;
  Object.assign(config, {
    signer: async () => ({
      sign: async (request: { headers: object }) =>
        Object.assign(request, { headers: { ...request.headers, ...unsigned } }),
    }),
    requestHandler: fastHandler(config.requestHandler, noAnswerAt),
  });
  const known = first.get(name) as Record<string, unknown> | undefined;
  if (known === undefined) first.set(name, config);
  else for (const key of environmental) Object.assign(config, { [key]: known[key] });
}

export interface SdkClient {
  readonly config: { requestHandler: Handler };
}

function fastHandler(own: Handler, noAnswerAt?: URL): Handler {
  const handler: Pick<Handler, "handle" | "destroy"> = {
    async handle(request, options) {
      const mayEndEarly = request.port === Number(noAnswerAt?.port) || "abortSignal" in (options ?? {});
      if (mayEndEarly) return own.handle(request, options);
      const { hostname, port = 0, path, headers, body } = request;
      return { response: await exchange({ hostname, port, path, headers, body }) } as never;
    },
    destroy: () => own.destroy?.(),
  };
  return Object.assign(Object.create(own), handler);
}
