// Started by a test that kills it: a runtime whose functions are running, and nothing that stops them.

import { createRuntime } from "@essentially-once/local-cloud/internal/runtime/runtime";
import { aLocalFunction } from "./local-function.ts";

const ENDPOINTS = {
  sqs: "http://127.0.0.1:1",
  s3: "http://127.0.0.1:3",
  secretsManager: "http://127.0.0.1:4",
  sns: "http://127.0.0.1:4",
  ssm: "http://127.0.0.1:4",
  dynamodb: "http://127.0.0.1:2",
};
const codes = [
  "export const handler = async () => 1;",
  "export const handler = () => new Promise(() => {});",
  "export const handler = async () => { console.log('in'); for (;;); };",
  "console.log('in'); for (;;); export const handler = 1;",
];
const functions = codes.map((code, n) => aLocalFunction(code, { functionName: `f${n}`, timeoutMs: 60_000 }));
let busy = 0;
const runtime = createRuntime({
  functions,
  endpoints: ENDPOINTS,
  onEvent: ({ kind }) => {
    if (kind === "log") busy++;
    if (busy === 2) process.stdout.write(`${JSON.stringify(runtime.processIds())}\n`);
  },
});
const [warm, ...rest] = functions.map(({ arn }) => arn);
await runtime.invoke(warm ?? "", {});
await Promise.all(rest.map((arn) => runtime.invoke(arn, {})));
