// A state of the model, as plain data: the messages with all that the tables, queues and streams hold of them,
// and the invocations that are alive. Two messages change the same item.

export interface State {
  readonly messages: readonly Message[];
  readonly invocations: readonly Invocation[];
  /** An effect was written over another, which it had not seen. */
  readonly isOverwritten: boolean;
}

export interface Message {
  readonly place: "queue" | "acknowledged" | "dead letters";
  /** Since it was last put into the queue. */
  readonly receives: number;
  readonly redrives: number;
  /** `old`: the age gate parks it. `expired`: its evidence is gone. */
  readonly age: "young" | "old" | "expired";
  /** Under which of its SQS ids there is evidence of it; without redrives, or with an identity of its own, only 0. */
  readonly evidence: readonly number[];
  /** How often it took effect; two stands for more. */
  readonly effects: number;
  readonly inOutbox: boolean;
  readonly inStream: boolean;
  readonly isSent: boolean;
}

export interface Invocation {
  readonly of: "consumer" | "publisher";
  readonly message: number;
  /** The next call: its place in the protocol. */
  readonly call: number;
  /** Whether the state has moved since it was read. */
  readonly isStale: boolean;
  /** The SQS id the message came under. */
  readonly sqsId: number;
}

export interface Bounds {
  readonly messages: number;
  /** Deliveries of a message before the queue's own redrive policy takes it. */
  readonly receives: number;
  readonly redrives: number;
  readonly invocations: number;
  /** Whether messages grow old and evidence expires. */
  readonly aging: boolean;
}

export function initialState({ messages }: Bounds): State {
  const message: Message = {
    place: "queue",
    receives: 0,
    redrives: 0,
    age: "young",
    evidence: [],
    effects: 0,
    inOutbox: false,
    inStream: false,
    isSent: false,
  };
  return { messages: Array.from({ length: messages }, () => message), invocations: [], isOverwritten: false };
}

export function withMessage(state: State, index: number, change: Partial<Message>): State {
  return {
    ...state,
    messages: state.messages.with(index, { ...(state.messages[index] as Message), ...change }),
  };
}

/** Messages that only differ in their numbers are one state, and so are invocations in another order. */
export function keyOf(state: State): string {
  const codes = state.messages.map(codeOf);
  let least = "";
  for (const order of orders(codes.length)) {
    const key = keyIn(state, codes, order);
    if (least === "" || key < least) least = key;
  }
  return least;
}

/** One character a message and one an invocation: millions of them are kept. @param order each message's new place */
function keyIn(state: State, codes: readonly number[], order: readonly number[]): string {
  const messages: number[] = [];
  for (const [index, code] of codes.entries()) messages[order[index] as number] = code;
  const alive: number[] = [];
  for (const { of, message, call, isStale, sqsId } of state.invocations) {
    const what = digit(call, 16) * 3 + digit(sqsId, 3);
    alive.push(
      ((what * 4 + (order[message] as number)) * 2 + Number(isStale)) * 2 + Number(of === "consumer"),
    );
  }
  if (alive.length > 1) alive.sort((a, b) => a - b);
  return String.fromCharCode(Number(state.isOverwritten), ...messages, ...alive);
}

const places = ["queue", "acknowledged", "dead letters"] as const;
const ages = ["young", "old", "expired"] as const;

function codeOf(message: Message): number {
  let code = places.indexOf(message.place) * 3 + ages.indexOf(message.age);
  code = code * 5 + digit(message.receives, 5);
  code = code * 3 + digit(message.redrives, 3);
  for (let sqsId = 0; sqsId <= message.redrives; sqsId++)
    if (message.evidence.includes(sqsId)) code += 135 << sqsId;
  code = digit(code, 1_080) * 3 + message.effects;
  return code * 8 + Number(message.inOutbox) * 4 + Number(message.inStream) * 2 + Number(message.isSent);
}

/** @throws RangeError when a digit does not fit its base, because two states would then have one key */
function digit(value: number, base: number): number {
  if (value < 0 || value >= base)
    throw new RangeError(`${value} is no digit in base ${base}: make the bounds smaller`);
  return value;
}

const ordersOf = new Map<number, readonly (readonly number[])[]>();

function orders(count: number): readonly (readonly number[])[] {
  let known = ordersOf.get(count);
  if (!known) {
    known = permutations(Array.from({ length: count }, (_, index) => index));
    ordersOf.set(count, known);
  }
  return known;
}

function permutations(list: readonly number[]): number[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((first) =>
    permutations(list.filter((other) => other !== first)).map((rest) => [first, ...rest]),
  );
}
