// Path → answer. Reads are GET; what changes something is POST, and needs the right to change unless it is a dry run.

import type { IncomingMessage } from "node:http";
import type { About } from "../api/about.ts";
import type { PullSource, Source, TroubleSource } from "../data/source.ts";
import { type Answer, json, Refused } from "./answer.ts";
import { parameter, readBody, requiredParameter, wholeParameter } from "./requests.ts";

export type Route = (asked: Asked) => Promise<Answer>;

export interface Asked {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  readonly source: Source;
}

export const reads: Readonly<Record<string, Route>> = {
  "/api/about": async ({ source }) => json(await source.about()),
  "/api/flow": async ({ source }) => json(await source.flow()),
  "/api/counts": async ({ source }) => json(await source.counts()),
  "/api/search": async ({ source, query }) => json(await source.search(parameter(query, "q") ?? "")),
  "/api/message": async ({ source, query }) => {
    const id = requiredParameter(query, "id");
    const from = parameter(query, "source");
    return found(await source.message({ id, ...(from !== undefined && { source: from }) }), `message ${id}`);
  },
  "/api/correlation": async ({ source, query }) => {
    const id = requiredParameter(query, "id");
    return found(await source.correlation(id), `message with the correlation id ${id}`);
  },
  "/api/dead-letters": async ({ source }) => json(await source.deadLetters.overview()),
  "/api/dead-letters/list": async ({ source, query }) => {
    const group = parameter(query, "group");
    const after = wholeParameter(query, "after") ?? 0;
    return json(await source.deadLetters.list({ after, ...(group !== undefined && { group }) }));
  },
  "/api/dead-letters/open": async ({ source, query }) => {
    const key = requiredParameter(query, "key");
    const payload = parameter(query, "payload") === "true";
    return found(await source.deadLetters.open({ key, payload }), "dead letter of this key");
  },
  "/api/job": async ({ source, query }) => {
    const id = requiredParameter(query, "id");
    return found(await source.deadLetters.job(id), `job ${id}`);
  },
  "/api/jobs": async ({ source }) => json(await source.deadLetters.jobs()),
  "/api/pull": async (asked) => {
    const id = requiredParameter(asked.query, "id");
    const values = parameter(asked.query, "values") === "true";
    return found(await pullsOf(asked).get({ id, values }), `run ${id}`);
  },
  "/api/pulls": async (asked) => json(await pullsOf(asked).running()),
  "/api/forms": async (asked) => json(await troubleOf(asked).forms()),
};

export const changes: Readonly<Record<string, Route>> = {
  "/api/dead-letters/redrive": async ({ request, source }) => {
    const body = await readBody(request, "redrive");
    if (!body.dryRun) requireRight(await source.about());
    return json(await source.deadLetters.redrive(body));
  },
  "/api/dead-letters/discard": async ({ request, source }) => {
    const body = await readBody(request, "discard");
    if (!body.dryRun) requireRight(await source.about());
    return json(await source.deadLetters.discard(body));
  },
  "/api/dead-letters/edit": async ({ request, source }) => {
    const body = await readBody(request, "edit");
    if (!body.dryRun) requireRight(await source.about());
    return found(await source.deadLetters.edit(body), "dead letter of this key");
  },
  "/api/consumers/pause": async ({ request, source }) => {
    const body = await readBody(request, "pause");
    requireRight(await source.about(), NO_DRY_RUN);
    return json(await source.consumers.pause(body));
  },
  "/api/consumers/resume": async ({ request, source }) => {
    const body = await readBody(request, "resume");
    requireRight(await source.about(), NO_DRY_RUN);
    return json(await source.consumers.resume(body));
  },
  "/api/pull/begin": async (asked) => {
    const body = await readBody(asked.request, "pull");
    return found(await pullsOf(asked).begin(body), "dead letter of this key");
  },
  "/api/pull/stop": async (asked) => {
    const { id } = await readBody(asked.request, "pullStop");
    return found(await pullsOf(asked).interrupt(id), `run ${id}`);
  },
  "/api/trouble": async (asked) => {
    const trouble = troubleOf(asked);
    return json(await trouble.make(await readBody(asked.request, "trouble")));
  },
  "/api/send": async (asked) => {
    const trouble = troubleOf(asked);
    return json(await trouble.send(await readBody(asked.request, "send")));
  },
};

function found(value: unknown, what: string): Answer {
  if (value === undefined) throw new Refused(404, `There is no ${what}.`);
  return json(value);
}

const NO_DRY_RUN = "";

function requireRight({ mayChange, name }: About, also = " A dry run is allowed."): void {
  if (mayChange) return;
  throw new Refused(403, `The console of ${name} only reads: start it with --allow-changes.${also}`);
}

function pullsOf({ source }: Asked): PullSource {
  if (source.pulls) return source.pulls;
  throw new Refused(403, "Only a dead letter of a stage is pulled: the local cloud runs on this machine.");
}

function troubleOf({ source }: Asked): TroubleSource {
  if (source.trouble) return source.trouble;
  throw new Refused(403, "Trouble is made in the local cloud alone.");
}
