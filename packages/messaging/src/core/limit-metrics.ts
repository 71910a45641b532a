// The names under which rates and breakers count: apart from the others, because most functions have neither.
export const limitMetrics = {
  /** Messages that wait for a token of their rate. */
  rateLimited: "RateLimited",
  /** How far ahead the tokens of a rate are sold, in seconds. */
  rateAheadSeconds: "RateAheadSeconds",
  /** How long ago the breaker opened that a message waits for, in seconds. */
  breakerOpenSeconds: "BreakerOpenSeconds",
} as const;

export type LimitMetricName = (typeof limitMetrics)[keyof typeof limitMetrics];
