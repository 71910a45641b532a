// A consumer that is paused, or receives messages again: what `npm run consumers` does. Its state is in the counts.
//
//   POST /api/consumers/pause   ← PauseRequest  → ConsumerChanged
//   POST /api/consumers/resume  ← ResumeRequest → ConsumerChanged
//
//   On AWS a change takes up to a minute, and the answer waits for it.

export interface PauseRequest {
  /** `ReserveCredit` */
  readonly consumer: string;
  /** 1 to 500 characters, for whoever finds it paused. */
  readonly because: string;
}

export interface ResumeRequest {
  readonly consumer: string;
}

export interface ConsumerChanged {
  /** A sentence, ready to show. */
  readonly text: string;
}
