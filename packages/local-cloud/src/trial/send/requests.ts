// The callers of an endpoint: a few at a time, each sends its requests one after the other and repeats one, with the same
// Idempotency-Key, until it has an answer. Some ask again after it.

import { setTimeout as sleep } from "node:timers/promises";

export interface TrialRequest {
  /** The `Idempotency-Key`: repeats of the request carry the same. */
  readonly key: string;
  readonly body: unknown;
  /** How often the caller asks again after its answer, as callers do that lost it. */
  readonly repeats?: number;
}

export interface Answered {
  readonly key: string;
  /** Every different answer to this key, as JSON; more than one is a broken promise. */
  readonly answers: readonly Readonly<Record<string, unknown>>[];
  readonly requests: number;
  /** Why there is no answer. */
  readonly failure?: string;
}

const CALLERS = 3;
const REQUEST_MS_MAX = 10_000; // longer than the function's own timeout
const ATTEMPTS_MAX = 12;
const PAUSE_MS_MAX = 2_000;

export async function post(
  url: string,
  requests: readonly TrialRequest[],
  onAnswered: (answered: Answered) => void = () => undefined,
): Promise<Answered[]> {
  const waiting = requests.values(); // shared: whoever is free takes the next
  const all: Answered[] = [];
  async function caller(): Promise<void> {
    for (const request of waiting) {
      const answered = await ask(url, request);
      all.push(answered);
      onAnswered(answered);
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return all;
}

async function ask(url: string, { key, body, repeats = 0 }: TrialRequest): Promise<Answered> {
  const answers = new Set<string>();
  let requests = 0;
  for (let answered = 0; answered <= repeats; ) {
    const { text, failure, again } = await askOnce(url, key, body);
    requests += 1;
    if (text !== undefined) {
      answers.add(text);
      answered += 1;
    } else if (!again || requests >= ATTEMPTS_MAX) {
      return { key, answers: parsed(answers), requests, failure: failure ?? "no answer" };
    } else {
      await sleep(Math.min(100 * 2 ** requests, PAUSE_MS_MAX));
    }
  }
  return { key, answers: parsed(answers), requests };
}

function parsed(answers: ReadonlySet<string>): Answered["answers"] {
  return [...answers].map((text) => Object(JSON.parse(text)));
}

interface Reply {
  readonly text?: string;
  readonly failure?: string;
  /** The request may be repeated: nothing is known, or the service says that it was its own fault. */
  readonly again?: boolean;
}

async function askOnce(url: string, key: string, body: unknown): Promise<Reply> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    });
    const text = await response.text();
    if (response.ok) return { text };
    const again = response.status >= 500 || response.status === 429;
    return { failure: `HTTP ${response.status}: ${text.slice(0, 200)}`, again };
  } catch (error) {
    return { failure: String(error instanceof Error ? (error.cause ?? error) : error), again: true };
  }
}
