// The operator's command for dead letters: `npm run dlq`.
//
//   Works against the running local cloud and, with --stage or --outputs, against any deployment.

import { connectTo } from "./connect/connection.ts";
import { withLogsAside } from "./connect/kit-environment.ts";
import { consumerQueues, queuesNamed } from "./dead-letters/consumer-queues.ts";
import { knowledgeOf } from "./dead-letters/dlq-job.ts";
import { dlqTool } from "./dead-letters/dlq-tool.ts";
import { dlqVerbs, refuseUnclear } from "./dead-letters/dlq-verbs.ts";
import { refuseWhileMoving } from "./evidence/plan.ts";
import { helpOf, readCommand } from "./terminal/command-line.ts";
import { exitCodes, runCommand } from "./terminal/exit-code.ts";
import { printText } from "./terminal/print.ts";

await runCommand(async () => {
  const asked = readCommand(dlqTool, process.argv.slice(2));
  if (asked.verb === "help") {
    printText(helpOf(dlqTool));
    return exitCodes.done;
  }
  const { verb } = asked;
  refuseUnclear(verb, asked.given);
  const connection = await connectTo(asked.given);
  const { outputs, sqs, dynamodb } = connection;
  try {
    refuseWhileMoving(outputs);
    const queues = queuesNamed(consumerQueues(outputs), asked.given.queue);
    const known = await knowledgeOf(connection);
    // Keys that cannot be read are also logged by the kit.
    return await withLogsAside(() => dlqVerbs[verb]({ ...asked, connection, queues, known }));
  } finally {
    sqs.destroy();
    dynamodb.destroy();
  }
});
