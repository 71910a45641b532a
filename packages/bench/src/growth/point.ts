// One measurement of growth: what a message costs when there is already so much of something.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { dynamodb } from "@essentially-once/messaging/clients";
import { sinkLogs } from "../measure.ts";
import { meter } from "../meter.ts";

export interface Point {
  /** How much there was already. */
  readonly size: number;
  /** Each of these for a message; what AWS would count, too. */
  readonly requests: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** For a message, and the machine's and the emulator's. */
  readonly cpuMicroseconds: number;
  readonly milliseconds: number;
  /** Of the process, after a collection. */
  readonly heapMegabytes: number;
}

/** @param work returns how many messages it handled */
export async function measurePoint(size: number, work: () => Promise<number>): Promise<Point> {
  const restore = sinkLogs();
  const counter = meter(dynamodb());
  const cpu = process.cpuUsage();
  const start = performance.now();
  try {
    const messages = await work();
    const milliseconds = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    const { requests, writeUnits, readUnits } = counter.usage;
    return {
      size,
      requests: requests / messages,
      writeUnits: writeUnits / messages,
      readUnits: readUnits / messages,
      cpuMicroseconds: (user + system) / messages,
      milliseconds: milliseconds / messages,
      heapMegabytes: heapMegabytes(),
    };
  } finally {
    counter.remove();
    restore();
  }
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heapMegabytes(): number {
  collect();
  return process.memoryUsage().heapUsed / 1_000_000;
}
