// `npm run bench`: the kit against AWS Powertools in one run, on one machine, on one engine. A table for people, and
// `--json` for programs. What is said of requests and capacity units holds on AWS, too; times are the emulator's.
import { parseArgs } from "node:util";
import { startBenchEngines } from "./engines.ts";
import { runMatrix } from "./matrix.ts";
import { progress } from "./progress.ts";
import { type Report, report } from "./report.ts";
import { consumerTargets, verdicts } from "./targets.ts";
import { workloads } from "./workloads.ts";

const { values } = parseArgs({
  options: {
    long: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    only: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(`npm run bench -- [--long] [--only <part of a name>,…] [--json]

  --long   more rounds and more messages: about 15 minutes
  --only   contenders whose names contain one of these; Powertools, which all ratios refer to, is always run
  --json   one JSON object at the end, and nothing else on the standard output`);
} else {
  const result = await bench();
  console.log(values.json ? JSON.stringify(result) : report(result));
  process.exit(0); // the functions' clients keep their sockets
}

async function bench(): Promise<Report> {
  const { messages, rounds } = values.long ? { messages: 2_000, rounds: 7 } : { messages: 500, rounds: 3 };
  const { onProgress, end } = progress(process.stderr);
  const engines = await startBenchEngines();
  try {
    // Imported here: a consumer reads its environment when its module loads.
    const { kit } = await import("./kit.ts");
    const { powertools } = await import("./powertools.ts");
    const { measureShares } = await import("./shares.ts");
    const wanted = values.only?.split(",").map((part) => part.trim());
    const contenders = [...powertools, ...kit].filter(
      ({ name }) => name === "Powertools" || !wanted || wanted.some((part) => name.includes(part)),
    );
    const cells = await runMatrix(engines, { contenders, workloads, messages, rounds, onProgress });
    const [fresh] = workloads;
    const shares = fresh ? await measureShares({ workload: fresh, messages: 4_000, rounds, onProgress }) : [];
    return {
      messages,
      rounds,
      node: process.version,
      promises: Object.fromEntries(contenders.map(({ name, promises }) => [name, promises])),
      cells,
      shares,
      targets: verdicts([
        ...consumerTargets(cells),
        {
          target: "the kit's own work: CPU µs a message",
          atMost: 60,
          got: shares[0]?.cpuMicrosecondsPerMessage,
        },
      ]),
    };
  } finally {
    end();
    await engines.stop();
  }
}
