// `npm run bench`: the kit against AWS Powertools in one run, on one machine, on one engine. A table for people, and
// `--json` for programs. What is said of requests and capacity units holds on AWS, too; times are the emulator's.
import { measureColdStarts } from "./cold-start.ts";
import { commandLine } from "./command-line.ts";
import { five, writeTables } from "./document.ts";
import { type BenchEngines, startBenchEngines } from "./engines.ts";
import { measureFlow } from "./flow.ts";
import { runMatrix } from "./matrix.ts";
import { sinkLogs } from "./measure.ts";
import { progress } from "./progress.ts";
import { type Report, report } from "./report.ts";
import { measureSmallFunction } from "./small-function.ts";
import { consumerTargets, kitTargets, relayTargets, sizeTargets, verdicts } from "./targets.ts";
import { type Workload, workloads } from "./workloads.ts";

const values = commandLine(
  `npm run bench -- [--long] [--only <part of a name>,…] [--json] [--write]

  --long   more rounds and more messages: about 20 minutes
  --only   consumers whose names contain one of these, and nothing else; Powertools, which all ratios refer to,
           is always run
  --json   one JSON object at the end, and nothing else on the standard output
  --write  writes the tables of docs/performance.md and README.md; not with --only`,
  {
    long: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
);
if (values.write && values.only !== undefined) {
  console.error("--write takes the whole bench: leave out --only, or --write.");
  process.exit(2);
}
const sizes = values.long
  ? { messages: 2_000, rounds: 7, orders: 1_000 }
  : { messages: 400, rounds: 3, orders: 100 };

const restoreOutput = sinkLogs(); // whatever runs here logs, and the result stands alone
const result = await bench(progress(process.stderr));
restoreOutput();
console.log(values.json ? JSON.stringify(result) : report(result));
if (values.write) writeTables(result);
process.exit(0); // the functions' clients keep their sockets

async function bench({ onProgress, end }: ReturnType<typeof progress>): Promise<Report> {
  const whole = values.only === undefined;
  const coldStarts = whole ? await measureColdStarts({ rounds: 5, onProgress }) : [];
  if (whole) onProgress(1, 1, "the whole flow on the local cloud");
  const flow = whole ? await measureFlow({ orders: sizes.orders }) : undefined; // before our engines' endpoints
  const engines = await startBenchEngines();
  try {
    const consumers = await benchConsumers(engines, onProgress, whole);
    const targets = [...consumers.targets, ...verdicts(sizeTargets(coldStarts))];
    return { ...consumers, targets, coldStarts, ...(flow && { flow }) };
  } finally {
    end();
    await engines.stop();
  }
}

async function benchConsumers(
  engines: BenchEngines,
  onProgress: ReturnType<typeof progress>["onProgress"],
  whole: boolean,
): Promise<Omit<Report, "coldStarts" | "flow">> {
  // Imported here: a consumer reads its environment when its module loads.
  const { kit } = await import("./kit.ts");
  const { powertools } = await import("./powertools.ts");
  const { measureShares } = await import("./shares.ts");
  const { measureRelay } = await import("./relay.ts");
  const { measureSchedules } = await import("./schedules.ts");
  const { measureProcesses } = await import("./processes.ts");
  const wanted = values.only?.split(",").map((part) => part.trim());
  const contenders = [...powertools, ...kit].filter(
    ({ name }) => name === "Powertools" || !wanted || wanted.some((part) => name.includes(part)),
  );
  const { messages, rounds } = sizes;
  const inOneProcess = await runMatrix(engines, { contenders, workloads, messages, rounds, onProgress });
  const inSmallOnes = await measureSmallFunction(engines, {
    contenders: contenders.filter(({ name }) => five.includes(name)),
    messages,
    rounds,
    onProgress,
  });
  const cells = [...inOneProcess, ...inSmallOnes];
  const fresh = workloads[0] as Workload;
  const shares = await measureShares({ workload: fresh, messages: 1_000, rounds: rounds * 4, onProgress });
  if (whole) onProgress(1, 1, "the relay");
  const relay = whole ? await measureRelay(engines, messages * 2) : [];
  if (whole) onProgress(1, 1, "scheduled messages and processes");
  const timed = whole
    ? [...(await measureSchedules(engines, messages)), ...(await measureProcesses(engines, messages))]
    : [];
  return {
    messages,
    rounds,
    node: process.version,
    promises: Object.fromEntries(contenders.map(({ name, promises }) => [name, promises])),
    cells,
    shares,
    relay,
    timed,
    targets: verdicts([...consumerTargets(cells), ...kitTargets(shares), ...relayTargets(relay)]),
  };
}
