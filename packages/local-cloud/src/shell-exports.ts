// The environment variables that a shell needs to reach the local cloud with the AWS CLI or an SDK.
import type { Endpoints } from "./model/model.ts";

export function shellExports(endpoints: Endpoints): string {
  return `
  export AWS_ENDPOINT_URL_SQS=${endpoints.sqs}
  export AWS_ENDPOINT_URL_S3=${endpoints.s3}
  export AWS_ENDPOINT_URL_DYNAMODB=${endpoints.dynamodb}
  export AWS_ENDPOINT_URL_SNS=${endpoints.sns} AWS_ENDPOINT_URL_EVENTBRIDGE=${endpoints.eventBridge}
  export AWS_ENDPOINT_URL_LAMBDA=${endpoints.lambda}
  export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
`;
}
