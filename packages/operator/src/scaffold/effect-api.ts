// The other side of an effect, as `npm run new -- consumer ... --mode effect` writes it.
import type { FunctionName } from "./names.ts";
import { pascal } from "./names.ts";

export function effectApiSource({ name }: FunctionName): string {
  return `// The other system's HTTP API. It acts on every request; a lookup by our reference says what it has done.
//
// A 4xx or a 503 says that nothing was done. Everything else (a time-out, a 500, half an answer) leaves it open.
import * as z from "zod/mini";
import { NotPerformed } from "@essentially-once/messaging/effect";
import { RetryLater } from "@essentially-once/messaging/outcome";

/** Milliseconds; a system that is slower is asked again later. */
const requestTimeoutMs = 2_000;

const answer = z.record(z.string(), z.json());

export class ${pascal(name)}Api {
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  /** @throws NotPerformed when nothing was done, anything else when that is unknown */
  async perform(reference: string, signal: AbortSignal) {
    const response = await this.#call("", signal, { method: "POST", body: JSON.stringify({ reference }) });
    if (response.ok) return answer.parse(await response.json());
    const later = new RetryLater("API_UNAVAILABLE");
    const nothingDone = (response.status >= 400 && response.status < 500) || response.status === 503;
    throw nothingDone ? new NotPerformed(later) : later;
  }

  /** What was done under a reference, or undefined when nothing was. */
  async find(reference: string, signal: AbortSignal) {
    const response = await this.#call(\`?reference=\${encodeURIComponent(reference)}\`, signal);
    if (!response.ok) throw new RetryLater("API_UNAVAILABLE"); // no answer is not the answer "nothing"
    return z.array(answer).parse(await response.json())[0];
  }

  #call(query: string, signal: AbortSignal, init: RequestInit = {}): Promise<Response> {
    const timeout = AbortSignal.timeout(requestTimeoutMs);
    return fetch(\`\${this.#baseUrl}\${query}\`, { ...init, signal: AbortSignal.any([signal, timeout]) });
  }
}
`;
}
