// Started by a test that kills it: the engines, announced on stdout, and nothing that stops them.

import { startEngines } from "@essentially-once/local-cloud/internal/engines/engines";

const { endpoints, processIds } = await startEngines();
process.stdout.write(`${JSON.stringify({ endpoints, processIds })}\n`);
