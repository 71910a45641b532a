// Enough under trouble, too: whatever a function asks for under any single fault, the role that the constructs give to
// a function of its kind allows. The demo meets the ways that are taken often; this meets those that are taken once.

import { startEngines } from "@essentially-once/local-cloud/internal/engines/engines";
import { destroyClients, localClients } from "@essentially-once/local-cloud/internal/model/clients";
import type { Deployment } from "@essentially-once/local-cloud/internal/model/model";
import { type Access, evaluator } from "@essentially-once/local-cloud/internal/permissions/evaluate";
import { wantedOfDynamodb } from "@essentially-once/local-cloud/internal/permissions/requests/dynamodb";
import type { SeenRequest } from "@essentially-once/local-cloud/internal/permissions/requests/request";
import { wantedOfSecretsManager } from "@essentially-once/local-cloud/internal/permissions/requests/secrets-manager";
import { wantedOfSqs } from "@essentially-once/local-cloud/internal/permissions/requests/sqs";
import { provision } from "@essentially-once/local-cloud/internal/provision/provision";
import { watchCalls } from "@essentially-once/testing/internal/explorer/instrument";
import type { Scenario, ScenarioFunction } from "@essentially-once/testing/internal/explorer/scenario";
import { bundledAssemblyOf, kitApp } from "@essentially-once/testing/internal/support/assembly";

/** Functions that are never deployed: an operator, and those that are a part of the relay as well. */
const OF_THE_STAGE = ["operator", "race", "schedules-race"];

/** Tables that every sandbox has, and the kit's app too. */
const FOUNDATION: Readonly<Record<string, string>> = {
  "ordered-outbox-table": "Foundation/OrderedOutbox",
  "outbox-table": "Foundation/Outbox",
  "journal-table": "Foundation/Journal",
  "schedules-table": "Foundation/Schedules/Table",
};

/** A function of the kit's app, and the construct paths of what it is to a function in a sandbox. */
interface Counterpart {
  readonly role: string;
  readonly state: string;
  /** Its own queue, or those it sends to. */
  readonly queue: string;
}

export interface Permissions {
  /** What the scenario's functions ask for from now on, and their roles do not allow, until it is told to forget. */
  watch(scenario: Scenario): { readonly denied: ReadonlySet<string>; readonly forget: () => void };
  /** All that was asked for: `<role> <action>`. */
  readonly asked: ReadonlySet<string>;
}

/** Of the roles that the kit's app gives to its functions. */
export async function permissionsOfTheKit(): Promise<Permissions> {
  const kit = await deployedKit();
  const evaluators = new Map(kit.roles.map(({ path, statements }) => [path, evaluator(statements)]));
  const asked = new Set<string>();
  return {
    asked,
    watch(scenario) {
      const denied = new Set<string>();
      const forget = watchCalls((processName, command, input) => {
        const name = processName.replace(/ \(\d+\)$/, "");
        if (OF_THE_STAGE.includes(name)) return;
        for (const access of accessesOf(command, input)) {
          const schedules = scheduling.has(name) && access.resource.includes("schedules-table");
          const counterpart = schedules ? consumer("Timed") : counterpartOf(scenario, name);
          const { role, resource } = inTheKit(kit, counterpart, access);
          asked.add(`${role} ${access.action}`);
          if (!evaluators.get(role)?.({ action: access.action, resource }).allowed)
            denied.add(`${role} ${access.action} ${resource}`);
        }
      });
      return { denied, forget };
    },
  };
}

async function deployedKit(): Promise<Deployment> {
  const engines = await startEngines();
  const clients = localClients(engines.endpoints);
  try {
    return await provision({
      assemblyDirectory: await bundledAssemblyOf(kitApp),
      clients,
      endpoints: engines.endpoints,
      functionUrlFor: (path) => `http://127.0.0.1:1/${path}/`,
    });
  } finally {
    destroyClients(clients);
    await engines.stop();
  }
}

/** Leaves out S3: a stack grants access to the claim-check bucket itself, and the demo checks that. */
function accessesOf(command: string, input: unknown): readonly Access[] {
  const { Bucket, QueueUrl, SecretId } = input as Partial<Record<string, string>>;
  if (Bucket) return [];
  const request: SeenRequest = {
    method: "POST",
    url: new URL("http://127.0.0.1/"),
    headers: { "x-amz-target": `.${command}` },
    body: Buffer.from(JSON.stringify(input)),
  };
  if (QueueUrl) return wantedOfSqs(request).accesses;
  return (SecretId ? wantedOfSecretsManager(request, new Map()) : wantedOfDynamodb(request)).accesses;
}

function counterpartOf({ name: scenario, functions, sandbox }: Scenario, name: string): Counterpart {
  const fn = functions.find((one) => nameOf(one) === name);
  if (!fn) throw new Error(`${scenario} has no function ${name}`);
  const isFifo = Object.values(sandbox.queues ?? {}).some(({ fifo }) => fifo);
  if (/relay\/publish/.test(String(fn.handler))) return relay("Publish");
  if (/relay\/sweep/.test(String(fn.handler))) return relay("Sweep");
  if (/relay\/dispatch/.test(String(fn.handler))) return relay("Dispatch");
  if (name === "schedules") return consumer("Timed");
  if (fn.by.kind === "request") return { role: "Entrance/AskRole", state: "Entrance/Table", queue: "" };
  if (fn.by.kind === "schedule") return { role: "Pulled/PulledRole", state: "Pulled/Table", queue: "" };
  if (isFifo) return consumer("Ordered");
  return consumer("Standard");
}

function consumer(id: string): Counterpart {
  return { role: `${id}/${id}/FunctionRole`, state: `${id}/Table`, queue: `${id}/${id}/Queue` };
}

function relay(id: string): Counterpart {
  return { role: `Relay/${id}/FunctionRole`, state: "Ordered/Table", queue: "Standard/Standard/Queue" };
}

/** What the function's counterpart would ask for. */
function inTheKit(kit: Deployment, { role, state, queue }: Counterpart, { action, resource }: Access) {
  const [table = "", index] = resource.split("/index/");
  const name = table.split(/[:/]/).at(-1) ?? "";
  const path = {
    dynamodb: name === "evidence-table" ? evidenceBeside(state) : (FOUNDATION[name] ?? state),
    sqs: `${name === "wakes" ? wakeUps : queue}/${/-dead(\.fifo)?$/.test(name) ? "DeadLetters" : "Messages"}`,
    secretsmanager: "Foundation/SigningKeys/Secret",
  }[action.split(":")[0] as string];
  const arns = [...kit.pathsByArn].flatMap(([arn, known]) => (known === path ? [arn] : []));
  const arn = arns.find((arn) => !arn.includes("/stream/")) ?? `nothing at ${path}`;
  return { role, resource: index === undefined ? arn : `${arn}/index/${index}` };
}

/** Functions that schedule messages; of the kit's app, the consumer `timed` does. */
const scheduling = new Set(["schedules", "process", "process-rows", "place-order", "settle-order"]);

const wakeUps = "Foundation/Schedules/WakeUps";

/** `Standard/Table` → `Standard/Evidence`. */
function evidenceBeside(state: string): string {
  return state.replace(/Table$/, "Evidence");
}

function nameOf({ handler, name }: ScenarioFunction): string {
  return name ?? String(handler).split("/").at(-1)?.replace(/\.ts$/, "") ?? "";
}
