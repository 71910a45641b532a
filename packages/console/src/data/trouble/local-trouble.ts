// Trouble that a person makes in the local cloud: kills, second deliveries, lost responses, an outside service that is down.

import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { LocalCloud } from "@essentially-once/local-cloud/cloud";
import type { Served } from "@essentially-once/local-cloud/internal/page";
import { newId } from "@essentially-once/messaging/ids";
import { isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import { asSent } from "@essentially-once/messaging/internal/receive/park-attributes";
import type { TroubleAnswer, TroubleRequest } from "../../api/trouble.ts";
import type { Resend } from "../seen/resend.ts";
import { NotRight } from "../source.ts";

export interface LocalTroubleOptions {
  readonly cloud: LocalCloud;
  readonly outsides: Served["outsides"];
  readonly resend: Resend;
}

export function localTrouble({ cloud, outsides, resend }: LocalTroubleOptions) {
  return async function make(request: TroubleRequest): Promise<TroubleAnswer> {
    switch (request.what) {
      case "kill":
        return kill(request.functionPath);
      case "duplicate":
        if (request.message) return sendAgain(request.functionPath, request.message);
        return arm(request.functionPath, request.what, "goes to two processes at once");
      case "drop-response":
        return arm(request.functionPath, request.what, "loses its response");
      case "stop-outside":
        return interrupt(request.outside, true);
      case "start-outside":
        return interrupt(request.outside, false);
    }
  };

  function kill(functionPath: string): TroubleAnswer {
    requireFunction(functionPath);
    const killed = cloud.trouble.killNow(functionPath);
    if (killed > 0) {
      const text = `Killed ${killed === 1 ? "its process" : `${killed} of its processes`}, with what ran in it.`;
      return { done: "now", text };
    }
    return arm(functionPath, "kill", "is killed after its commit, before its answer");
  }

  function arm(
    functionPath: string,
    what: "kill" | "duplicate" | "drop-response",
    how: string,
  ): TroubleAnswer {
    requireFunction(functionPath);
    if (cloud.trouble.arm(functionPath, what)) return { done: "armed", text: `Its next delivery ${how}.` };
    throw new NotRight(
      `${functionPath} is at work on nothing, and no queue or stream feeds it: nothing would deliver again what fails.`,
    );
  }

  async function sendAgain(
    functionPath: string,
    message: { readonly id: string; readonly source: string },
  ): Promise<TroubleAnswer> {
    const { arn } = requireFunction(functionPath);
    const mapping = cloud.deployment.sqsMappings.find(({ functionArn }) => functionArn === arn);
    const record = mapping && resend.get(message, mapping.queueArn);
    if (mapping === undefined || record === undefined) {
      throw new NotRight(`${functionPath} did not get this message, or it was forgotten since.`);
    }
    const { queueUrl: QueueUrl } = mapping;
    const { MessageGroupId } = record.attributes;
    await cloud.clients.sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: record.body,
        MessageAttributes: { ...asSent(record.messageAttributes) },
        ...(MessageGroupId !== undefined && { MessageGroupId }),
        ...(isFifo(QueueUrl) && { MessageDeduplicationId: newId() }), // SQS would drop it with the old one
      }),
    );
    return { done: "now", text: "Sent to its queue a second time: the evidence absorbs it." };
  }

  function interrupt(name: string, isDown: boolean): TroubleAnswer {
    const outside = outsides.get(name);
    if (outside === undefined) {
      const names = [...outsides.keys()].join(", ") || "none";
      throw new NotRight(`There is no outside service ${JSON.stringify(name)}; there are: ${names}.`);
    }
    outside.interrupt(isDown);
    return {
      done: "now",
      text: isDown ? `${name} answers 503 until it is started again.` : `${name} answers again.`,
    };
  }

  function requireFunction(functionPath: string) {
    const { functions } = cloud.deployment;
    const found = functions.find(({ path }) => path === functionPath);
    if (found) return found;
    const paths = functions.map(({ path }) => path).join(", ");
    throw new NotRight(`There is no function ${JSON.stringify(functionPath)}; there are: ${paths}.`);
  }
}
