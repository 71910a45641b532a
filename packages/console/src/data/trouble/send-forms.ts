// Messages by hand: a request to an endpoint, or a signed message to a consumer's queue, from a form made of its schema.

import { randomUUID } from "node:crypto";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { LocalCloud } from "@essentially-once/local-cloud/cloud";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { groupIdOf, isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import type { MessageType } from "@essentially-once/messaging/message-type";
import { Park } from "@essentially-once/messaging/outcome";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import { signerOf } from "@essentially-once/operator/internal/connect/signing";
import type { SendAnswer, SendForm, SendRequest } from "../../api/trouble.ts";
import { exampleOf, jsonSchemaOf } from "../dead-letters/schemas.ts";
import { jsonData } from "../json-data.ts";
import type { Reached } from "../reached.ts";
import { NotRight } from "../source.ts";

export interface Forms {
  list(): Promise<readonly SendForm[]>;
  send(request: SendRequest): Promise<SendAnswer>;
}

interface Form extends SendForm {
  send(data: unknown): Promise<SendAnswer>;
}

const REQUEST_MS_MAX = 15_000;
const ANSWER_MAX = 2_000;
/** The source of what is sent from here. */
const SOURCE = "/console";

/** An example is made of the schema: what a customer sent is shown to nobody who did not ask for it. */
export function sendForms(cloud: LocalCloud, reached: Reached): Forms {
  return {
    list: async () => forms().map(({ send: _send, ...form }) => form),
    async send({ form: id, data }) {
      const form = forms().find((one) => one.id === id);
      if (form === undefined) throw new NotRight(`There is no form ${JSON.stringify(id)}.`);
      return form.send(jsonData(data));
    },
  };

  function forms(): Form[] {
    return [...endpointForms(), ...reached.queues.flatMap(messageForms)];
  }

  function endpointForms(): Form[] {
    const { functionUrls, functions } = cloud.deployment;
    return functionUrls.flatMap(({ functionArn, url }) => {
      const fn = functions.find(({ arn }) => arn === functionArn);
      if (fn === undefined) return [];
      const [type] = reached.known.contracts?.of(nameIn(fn.environment.CONTRACT))?.accepts ?? [];
      return {
        id: `request ${fn.path}`,
        label: `POST ${fn.path.split("/").at(1) ?? fn.path}`,
        kind: "request",
        ...formOf(type),
        send: (data) => post(url, data),
      };
    });
  }

  function messageForms(queue: ConsumerQueue): Form[] {
    if (queue.from) return []; // other programs fill it, in a form of their own
    const { accepts = [] } = reached.known.contracts?.of(queue.name) ?? {};
    return accepts.map((type) => ({
      id: `message ${queue.consumer} ${type.type}`,
      label: `${type.type} to ${queue.consumer}`,
      kind: "message",
      ...formOf(type),
      send: (data) => sendTo(queue, type, data),
    }));
  }

  async function sendTo(queue: ConsumerQueue, type: MessageType, data: unknown): Promise<SendAnswer> {
    const { partitionkey } = await drafted(type, data);
    const id = newId();
    const time = new Date().toISOString();
    const envelope: Envelope = {
      ...{
        specversion: "1.0",
        id,
        source: SOURCE,
        type: type.type,
        time,
        datacontenttype: "application/json",
      },
      ...{ partitionkey, correlationid: id, hops: 0, data },
    };
    const body = asciiJson(envelope);
    const signed = await signerOf(reached.known.keys)?.({ body, envelope }, queue.queueUrl);
    const attributes = Object.entries(signed ?? {}).map(
      ([name, text]) => [name, { DataType: "String", StringValue: text }] as const,
    );
    await cloud.clients.sqs.send(
      new SendMessageCommand({
        QueueUrl: queue.queueUrl,
        MessageBody: body,
        MessageAttributes: Object.fromEntries(attributes),
        MessageGroupId: groupIdOf(partitionkey),
        ...(isFifo(queue.queueUrl) && { MessageDeduplicationId: id }),
      }),
    );
    return { text: `Sent to ${queue.consumer}.`, message: { id, source: SOURCE }, search: id };
  }
}

/** @throws NotRight with what the schema does not take */
async function drafted(type: MessageType, data: unknown) {
  const { issues } = await type.schema["~standard"].validate(data);
  if (issues) {
    const fields = issues.map(({ path = [], message }) => ({
      path: path.map((part) => `/${String(typeof part === "object" ? part.key : part)}`).join(""),
      message,
    }));
    throw new NotRight(`The data do not fit ${type.type}.`, fields);
  }
  try {
    return await type.outgoing(type.from(data));
  } catch (error) {
    if (error instanceof Park) throw new NotRight(error.detail, [], { cause: error });
    throw error;
  }
}

/** With a key of its own: each time another request. */
async function post(url: string, data: unknown): Promise<SendAnswer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify(data),
    signal: AbortSignal.timeout(REQUEST_MS_MAX),
  });
  const text = (await response.text()).slice(0, ANSWER_MAX);
  const search = response.ok ? firstTextIn(text) : undefined;
  return { text: `${response.status} ${text}`, ...(search !== undefined && { search }) };
}

function formOf(type: MessageType | undefined): Pick<SendForm, "schema" | "example"> {
  const schema = type && jsonSchemaOf(type);
  const example = JSON.stringify(exampleOf(schema), null, 2);
  return { example, ...(schema && { schema }) };
}

/** `{"orderId":"…"}`: by what a caller gets, the flow is found. */
function firstTextIn(json: string): string | undefined {
  try {
    return Object.values(Object(JSON.parse(json))).find((value) => typeof value === "string");
  } catch {
    return undefined;
  }
}

function nameIn(contract: string | undefined): string {
  try {
    return String(Object(JSON.parse(contract ?? "{}")).name ?? "");
  } catch {
    return "";
  }
}
