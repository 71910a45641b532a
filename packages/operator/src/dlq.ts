// The operator's command for dead letters: `npm run dlq`.
//
//   Works against the running local cloud and, with --stage or --outputs, against any deployment.

import { helpOf, readCommand } from "./command-line.ts";
import { connectTo } from "./connection.ts";
import { consumerQueues, queuesNamed } from "./dead-letters/consumer-queues.ts";
import { knowledgeOf } from "./dlq-job.ts";
import { dlqTool } from "./dlq-tool.ts";
import { dlqVerbs, refuseUnclear } from "./dlq-verbs.ts";
import { refuseWhileMoving } from "./evidence/plan.ts";
import { exitCodes, runCommand } from "./exit-code.ts";
import { withLogsAside } from "./kit-environment.ts";
import { printText } from "./print.ts";

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
