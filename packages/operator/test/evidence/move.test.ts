// The order of the steps of a move, and what a step that dies leaves behind. The deployment is one that only remembers what
// was deployed last, and that refuses, as CloudFormation does, what would take away what is in use.
import { CreateTableCommand, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { faultAtCall } from "@essentially-once/testing/fault-at-call";
import { localEngines } from "@essentially-once/testing/local-engines";
import { beforeEach, describe, expect, it } from "vitest";
import { describeMove, moveEvidence, refuseUnmoved } from "../../src/evidence/move.ts";
import { refuseWhileMoving } from "../../src/evidence/plan.ts";

type Phase = "shared" | "pause" | "switch" | "own";

const engines = localEngines();
let phase: Phase;
let steps: string[];
let table: string;
let tables = 0;
/** The step that fails, once. */
let dies: string | undefined;

beforeEach(async () => {
  phase = "shared";
  steps = [];
  dies = undefined;
  table = `former-${tables++}`;
  for (const TableName of [table, `${table}-desk`]) await aTable(TableName);
  await put("1", "ask");
});

const whole = ["pause", "wait 35", "switch", "run"];

describe("G2: a move", () => {
  it("pauses, waits for what still runs, copies, switches, and runs", async () => {
    expect(await move()).toBe(0);
    expect(steps).toEqual(whole);
    expect(phase).toBe("own");
    expect(await copied()).toEqual(["1"]);
  });

  it.each(["pause", "wait 35", "copy", "switch", "run"])("goes on where it died: %s", async (step) => {
    dies = step;
    expect(await move().catch(() => 1)).toBe(1);
    if (["pause", "wait 35", "copy"].includes(step)) expect(steps).not.toContain("switch");
    await put("2", "ask"); // by whatever still runs
    expect(await move()).toBe(0);
    expect(phase).toBe("own");
    expect(await copied()).toEqual(["1", "2"]);
  });

  it("copies also when the setting was switched by hand", async () => {
    phase = "switch";
    expect(await move()).toBe(0);
    expect(steps).toEqual(["wait 35", "switch", "run"]);
    expect(await copied()).toEqual(["1"]);
  });

  it("is what a plain deployment asks for before and meanwhile, and never afterwards", () => {
    for (const before of ["shared", "pause", "switch"] as const) {
      phase = before;
      expect(() => refuseUnmoved(outputs())).toThrow("Deploy once with --move-evidence");
    }
    phase = "own";
    expect(() => refuseUnmoved(outputs())).not.toThrow();
    expect(() => refuseUnmoved({})).not.toThrow(); // nothing is deployed
  });

  it("does not begin where a plain deployment is refused, and needs none where nothing is shared", async () => {
    expect(await deploy()).toBe(1);
    phase = "own";
    expect(await move()).toBe(0);
    expect(steps).toEqual(["run", "run"]);
  });

  it("stops before the switch at evidence of a function that the app does not have, unless it may be left", async () => {
    await put("3", "gone");
    await expect(move()).rejects.toThrow("no service has a function or queue named gone (1)");
    expect(phase).toBe("pause");
    expect(await move(["gone"])).toBe(0);
    expect(await copied()).toEqual(["1"]);
  });
});

it("without --yes says what it would do", async () => {
  const given = { dynamodb: engines.clients.dynamodb, outputs: async () => outputs() };
  expect(await describeMove(given)).toContain(`copy ${table} (`);
  phase = "own";
  expect(await describeMove(given)).toBeUndefined();
});

it("meanwhile an operator's command does not ask or write evidence", () => {
  expect(() => refuseWhileMoving(outputs())).not.toThrow();
  for (const moving of ["pause", "switch"] as const) {
    phase = moving;
    expect(() => refuseWhileMoving(outputs())).toThrow("Evidence is being moved here");
  }
});

function move(leave: readonly string[] = []): Promise<number> {
  const fault =
    dies === "copy" ? faultAtCall(engines.clients.dynamodb, { nth: 3, fault: "down" }) : undefined;
  return moveEvidence({
    dynamodb: engines.clients.dynamodb,
    outputs: async () => outputs(),
    deploy,
    async wait(seconds) {
      expect(phase).toMatch(/pause|switch/);
      if (step(`wait ${seconds}`) !== 0) throw new Error("killed");
    },
    leave,
    say: () => undefined,
  }).finally(() => {
    fault?.remove();
    dies = undefined;
  });
}

async function deploy(setting?: string): Promise<number> {
  const to = setting?.split("=")[1] ?? "run";
  const failed = step(to);
  const isRefused = to === "run" && (phase === "shared" || phase === "pause");
  if (failed || isRefused) return 1;
  phase = to === "run" ? "own" : (to as Phase);
  return 0;
}

function step(name: string): number {
  steps.push(name);
  return name === dies ? 1 : 0;
}

function outputs() {
  const isMoving = phase === "pause" || phase === "switch";
  const EvidenceMove = JSON.stringify({ names: ["ask"], timeoutSeconds: 30 });
  return {
    Foundation: {
      JournalTable: "journal",
      ...(phase === "shared" && { EvidenceTable: table }),
      ...(isMoving && { FormerEvidence: table, EvidencePhase: phase }),
    },
    Desk: {
      DeskTable: "desk",
      ...(phase !== "shared" && { DeskEvidenceTable: `${table}-desk` }),
      ...(isMoving && { DeskEvidenceMove: EvidenceMove }),
    },
  };
}

async function aTable(TableName: string): Promise<void> {
  await engines.clients.dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    }),
  );
}

async function put(id: string, consumer: string): Promise<void> {
  const Item = { id: { S: id }, consumer: { S: consumer } };
  await engines.clients.dynamodb.send(new PutItemCommand({ TableName: table, Item }));
}

/** The ids in the table of the service. */
async function copied(): Promise<(string | undefined)[]> {
  const { Items = [] } = await engines.clients.dynamodb.send(new ScanCommand({ TableName: `${table}-desk` }));
  return Items.map(({ id }) => id?.S).sort();
}
