// Event source mappings that can be disabled and enabled again while the cloud runs. A disabled one has let its last
// invocations end; messages and records wait where they are.
import { randomUUID } from "node:crypto";
import type { EventSource } from "./event-source.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html */
export type MappingState = "Enabled" | "Disabling" | "Disabled";

export interface Switchable {
  readonly functionArn: string;
  readonly eventSourceArn: string;
  readonly start: () => EventSource;
}

export interface MappingSwitch extends Switchable {
  readonly uuid: string;
  readonly state: MappingState;
  readonly changedMs: number;
  enable(): void;
  disable(): void;
}

export interface MappingSwitches extends EventSource {
  readonly all: readonly MappingSwitch[];
}

/** All of them begin enabled. */
export function mappingSwitches(given: readonly Switchable[]): MappingSwitches {
  const all = given.map(mappingSwitch);
  return {
    all,
    async stop() {
      await Promise.all(all.map((each) => each.stop()));
    },
  };
}

function mappingSwitch(given: Switchable): MappingSwitch & EventSource {
  const uuid = randomUUID();
  let source: EventSource | undefined = given.start();
  let ending: Promise<unknown> | undefined;
  let changedMs = Date.now();

  return {
    ...given,
    uuid,
    get state() {
      if (source !== undefined) return "Enabled";
      return ending === undefined ? "Disabled" : "Disabling";
    },
    get changedMs() {
      return changedMs;
    },
    enable() {
      if (source !== undefined) return;
      changedMs = Date.now();
      source = given.start();
    },
    disable() {
      void stop();
    },
    stop,
  };

  async function stop(): Promise<void> {
    if (source === undefined) {
      await ending;
      return;
    }
    const stopping = source;
    source = undefined;
    changedMs = Date.now();
    const end = stopping.stop().then(() => {
      if (ending === end) ending = undefined;
    });
    ending = end;
    await end;
  }
}
