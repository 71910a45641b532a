// Parts → graph. Everything that carries a message from left to right is an edge.

import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { Flow, FlowEdge, FlowNode } from "../../api/flow.ts";
import type { FunctionPart, Parts } from "./parts.ts";

export function flowOf(parts: Parts, queues: readonly ConsumerQueue[]): Flow {
  const { functions, urls, schedules, tables, outsides, wakeUps } = parts;
  const services = new Map(functions.map(({ id, service }) => [id, service]));
  const nodes: FlowNode[] = [
    ...urls.map(({ id, label, functionId }): FlowNode => {
      return { id, kind: "url", label, service: services.get(functionId) ?? "", facts: [] };
    }),
    ...schedules.map(({ id, label, functionId }): FlowNode => {
      return { id, kind: "schedule", label, service: services.get(functionId) ?? "", facts: [] };
    }),
    ...functions.map(functionNode),
    ...queues.flatMap((queue) => queueNodes(queue, serviceOfConsumer(functions, queue))),
    ...tables.map(({ name, key, service }): FlowNode => {
      const kind = tableKind(key);
      return {
        id: tableId(name),
        kind,
        label: kind === "table" ? key : LABELS[kind],
        service,
        facts: [name],
      };
    }),
    ...(wakeUps === undefined ? [] : [wakeUpNode(functions)]),
    ...outsides.map(({ label }): FlowNode => {
      return { id: outsideId(label), kind: "outside", label, service: "outside", facts: [] };
    }),
  ];
  const kinds = new Map(tables.map(({ name, key }) => [name, tableKind(key)]));
  const edges = [
    ...urls.map(({ id, functionId }) => edge(id, functionId, "calls")),
    ...schedules.map(({ id, functionId }) => edge(id, functionId, "runs")),
    ...functions.flatMap((part) => tableEdges(part, kinds)),
    ...(wakeUps === undefined ? [] : wakeUpEdges(functions, kinds)),
    ...queues.flatMap((queue) => queueEdges(queue, functions)),
    ...outsides.flatMap(({ label, callers }) => callers.map((id) => edge(id, outsideId(label), "calls"))),
  ];
  const known = new Set(nodes.map(({ id }) => id));
  const drawn = edges.filter(({ from, to }) => known.has(from) && known.has(to));
  const joined = new Set(drawn.flatMap(({ from, to }) => [from, to]));
  // A function that rotates keys carries no message.
  return { nodes: nodes.filter(({ id, role }) => role !== "other" || joined.has(id)), edges: drawn };
}

export function queueId(consumer: string): string {
  return `queue ${consumer}`;
}

export function deadLetterQueueId(consumer: string): string {
  return `dead letters ${consumer}`;
}

export function tableId(name: string): string {
  return `table ${name}`;
}

const LABELS = { outbox: "Outbox", journal: "Journal", schedules: "Schedules" };

/** The queue that tells the dispatcher of a message that is due soon. */
export const WAKE_UPS_ID = "queue of wake-ups";

function wakeUpNode(functions: readonly FunctionPart[]): FlowNode {
  const service = functions.find(({ role }) => role === "dispatcher")?.service ?? "";
  return { id: WAKE_UPS_ID, kind: "queue", label: "Wake-ups", service, facts: ["standard"] };
}

function wakeUpEdges(
  functions: readonly FunctionPart[],
  kinds: ReadonlyMap<string, FlowNode["kind"]>,
): FlowEdge[] {
  return functions
    .filter(({ tables }) => tables.some((name) => kinds.get(name) === "schedules"))
    .map(({ id, role }) =>
      role === "dispatcher" ? edge(WAKE_UPS_ID, id, "delivers") : edge(id, WAKE_UPS_ID, "sends"),
    );
}

function tableKind(key: string): "table" | "outbox" | "journal" | "schedules" {
  if (key === "SchedulesTable") return "schedules";
  if (key === "OrderedOutboxTable") return "outbox";
  return key === "JournalTable" ? "journal" : "table";
}

function outsideId(label: string): string {
  return `outside ${label}`;
}

function functionNode({ id, label, service, role, consumer, accepts, publishes }: FunctionPart): FlowNode {
  const facts = [
    ...accepts.map((type) => `accepts ${type}`),
    ...publishes.map((type) => `publishes ${type}`),
  ];
  return { id, kind: "function", label, service, role, facts, ...(consumer !== undefined && { consumer }) };
}

function queueNodes({ consumer, queueUrl, from }: ConsumerQueue, service: string): FlowNode[] {
  const facts = [
    queueUrl.endsWith(".fifo") ? "FIFO" : "standard",
    ...(from ? [`filled by other programs: ${from.form.form}`] : []),
  ];
  return [
    { id: queueId(consumer), kind: "queue", label: consumer, service, consumer, facts },
    {
      id: deadLetterQueueId(consumer),
      kind: "dead-letter-queue",
      label: consumer,
      service,
      consumer,
      facts: [],
    },
  ];
}

function queueEdges({ consumer, from }: ConsumerQueue, functions: readonly FunctionPart[]): FlowEdge[] {
  const own = functions.find((part) => part.consumer === consumer);
  const publishers = from ? [] : functions.filter(({ role }) => role === "publisher");
  return [
    ...publishers.flatMap((publisher) => {
      const types = typesSent(publisher, own?.accepts ?? [], functions);
      return types.length > 0 ? [edge(publisher.id, queueId(consumer), "sends", types)] : [];
    }),
    ...(own ? [edge(queueId(consumer), own.id, "delivers")] : []),
    edge(queueId(consumer), deadLetterQueueId(consumer), "fails-to"),
  ];
}

/** The relay's publisher sends all types; one beside the items of a service, those that the service publishes. */
function typesSent(
  { service, tables }: FunctionPart,
  accepted: readonly string[],
  functions: readonly FunctionPart[],
): readonly string[] {
  const own = functions.filter((part) => part.service === service && part.publishes.length > 0);
  if (own.length === 0 || tables.length === 0) return accepted;
  const published = new Set(own.flatMap(({ publishes }) => publishes));
  return accepted.filter((type) => published.has(type));
}

function tableEdges(part: FunctionPart, kinds: ReadonlyMap<string, FlowNode["kind"]>): FlowEdge[] {
  const { id, tables, streams } = part;
  const besideStreams = tables.filter((name) => !streams.includes(name));
  return [
    ...besideStreams.flatMap((name) => tableEdge(part, name, kinds.get(name))),
    ...streams.map((name) => edge(tableId(name), id, "delivers")),
  ];
}

/** What the role and the contract say that the function does with a table that it knows. */
function tableEdge(
  { id, role, publishes }: FunctionPart,
  name: string,
  kind: FlowNode["kind"] | undefined,
): FlowEdge[] {
  const reads = edge(tableId(name), id, "reads");
  const writes = edge(id, tableId(name), "writes");
  if (kind === "schedules") return [role === "dispatcher" ? reads : writes];
  const isRelay = role === "publisher" || role === "sweeper";
  if (kind === "table") return isRelay ? [] : [writes];
  if (kind === "outbox") {
    if (role === "sweeper") return [reads];
    if (role === "dispatcher") return [writes];
    return publishes.length > 0 ? [edge(id, tableId(name), "writes", publishes)] : [];
  }
  if (role === "publisher") return [writes];
  return role === "projection" ? [reads] : [];
}

function serviceOfConsumer(functions: readonly FunctionPart[], { consumer }: ConsumerQueue): string {
  return functions.find((part) => part.consumer === consumer)?.service ?? "";
}

function edge(from: string, to: string, kind: FlowEdge["kind"], types: readonly string[] = []): FlowEdge {
  return { id: `${from} → ${to}`, from, to, kind, types };
}
