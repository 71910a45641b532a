// Requests that a reader sent while the run went on, by curl or from the page: what they made is there, and counts.
import type { AnsweredRequest } from "../../urls/function-urls.ts";
import type { Answered } from "../send/requests.ts";

export interface Requests {
  note(request: AnsweredRequest): void;
  /** Those to the URL with other keys than these. One that was refused has made nothing; one without an answer may have. */
  byHand(url: string, ours: readonly Answered[]): Answered[];
}

export function noteRequests(): Requests {
  const noted: AnsweredRequest[] = [];
  return {
    note: (request) => void noted.push(request),
    byHand(url, ours) {
      const keys = new Set(ours.map(({ key }) => key));
      const others = noted.filter(
        ({ url: to, key = "", answer }) => to === url && !keys.has(key) && !isRefusal(answer.statusCode),
      );
      return [...Map.groupBy(others, ({ key = "" }) => key)].map(([key, requests]) => {
        const successes = requests.filter(({ answer }) => answer.statusCode < 300);
        const texts = new Set(successes.map(({ answer }) => answer.body.toString("utf8")));
        return {
          key,
          answers: [...texts].map((text) => Object(JSON.parse(text))),
          requests: requests.length,
        };
      });
    },
  };
}

function isRefusal(statusCode: number): boolean {
  return statusCode >= 400 && statusCode < 500;
}
