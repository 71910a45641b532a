// What AWS charges, us-east-1, first tier, without the free tier, in dollars. The pages show prices by script, so
// look there when you need today's.

export const pricesCheckedOn = "2026-11-21";
const million = 1_000_000;

export const prices = {
  sqsRequest: {
    what: "SQS standard, a request of up to 64 KB",
    dollars: 0.4 / million,
    page: "https://aws.amazon.com/sqs/pricing/",
  },
  sqsFifoRequest: {
    what: "SQS FIFO, a request of up to 64 KB",
    dollars: 0.5 / million,
    page: "https://aws.amazon.com/sqs/pricing/",
  },
  lambdaRequest: {
    what: "Lambda, an invocation",
    dollars: 0.2 / million,
    page: "https://aws.amazon.com/lambda/pricing/",
  },
  lambdaGigabyteSecond: {
    what: "Lambda on Arm, a gigabyte for a second",
    dollars: 0.0000133334,
    page: "https://aws.amazon.com/lambda/pricing/",
  },
  writeUnit: {
    what: "DynamoDB on demand, a write request unit",
    dollars: 0.625 / million,
    page: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
  },
  readUnit: {
    what: "DynamoDB on demand, a read request unit",
    dollars: 0.125 / million,
    page: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
  },
} as const;
