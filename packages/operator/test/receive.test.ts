import { expect, test } from "vitest";
import { waitSeconds } from "../src/dead-letters/receive.ts";

test.each([
  ["https://sqs.eu-west-1.amazonaws.com/123456789012/orders", 1],
  ["https://localhost.example.com/123456789012/orders", 1],
  ["http://127.0.0.1:4566/000000000000/orders", 0],
  ["http://localhost:4566/000000000000/orders", 0],
  ["http://sqs.us-east-1.localhost:4566/000000000000/orders", 0],
])("G6: a queue at %s is asked for %i s, as AWS may miss messages in a shorter poll", (queueUrl, seconds) => {
  expect(waitSeconds(queueUrl)).toBe(seconds);
});
