// The tokens of a rate, sold in one line: token number n may be used from its own moment on, one interval after the token
// before it. The item holds the moment of the next token, so a request takes any number of them, and who gets a later one
// knows when it is due.
//
//   G13. No two messages get one token, and a token is used within the burst's time after its moment or never. So in any
//   window of time no more are used than have their moments in the window and in the burst's time before it.
import { nowMs } from "../core/clock.ts";
import { RetryLater } from "../core/outcome.ts";
import { gathered } from "./gathered.ts";
import { type LimitTable, number, numberIn, type StoredLimit } from "./limit-item.ts";

export interface TokenLine {
  /** Between two tokens. */
  readonly intervalUs: number;
  /**
   * The moment of a token, in microseconds since the epoch; undefined when the line is sold out for as far ahead as this
   * message may wait.
   * @throws RetryLater CONTENDED, as a wait, when others changed the item each time
   */
  take(asked: Asked): Promise<number | undefined>;
  /** Whether a token may be used now. */
  isCurrent(tokenUs: number): boolean;
}

export interface Asked {
  /** The item of the line. */
  readonly id: string;
  /** How often the message has waited: who waited longer is served first, and may be given a token further ahead. */
  readonly waits: number;
}

export interface TokenLineOptions {
  readonly limit: LimitTable;
  readonly perSecond: number;
  readonly burst: number;
}

interface Bounds {
  readonly nowUs: number;
  /** The oldest token that is still sold. */
  readonly oldestUs: number;
  /** What is later was sold by a wrong clock. */
  readonly latestUs: number;
  /** The latest first token with which all that ask are near enough. */
  readonly lastUs: number;
}

/** Further ahead nothing is sold to a new message: when messages are purged, so much of the line is sold to nobody. */
const aheadSeconds = 3_600;
/** A visibility timeout ends after 12 hours at the latest. */
const aheadMaxSeconds = 39_600;
/** So far ahead no clock that is right has sold a token. */
const impossibleUs = 2 * aheadMaxSeconds * 1_000_000;
/** Between the sale of a token and its use; the oldest tokens of an idle line are sold no more. */
const underwayUs = 100_000;
const roundsMax = 5;
/** Idle lines of which the process remembers that they are. */
const knownMax = 1_000;

export function tokenLine({ limit, perSecond, burst }: TokenLineOptions): TokenLine {
  /** Rounded up, so that the rate is never above. */
  const intervalUs = Math.ceil(1_000_000 / perSecond);
  const burstUs = burst * intervalUs;
  /** The moment of the next token, as it was last seen. */
  const nextUs = new Map<string, number>();

  return {
    intervalUs,
    take: gathered(takeAll),
    isCurrent(tokenUs) {
      const nowUs = nowMs() * 1_000;
      return tokenUs <= nowUs && nowUs < tokenUs + burstUs;
    },
  };

  /** One request for each line. */
  async function takeAll(all: readonly Asked[]): Promise<(number | undefined)[]> {
    const tokens = new Map<Asked, number | undefined>();
    const lines = [...Map.groupBy(all, ({ id }) => id)];
    await Promise.all(
      lines.map(async ([id, asked]) => {
        for (const [index, token] of (await sell(id, asked)).entries())
          tokens.set(asked[index] as Asked, token);
      }),
    );
    return all.map((asked) => tokens.get(asked));
  }

  /** Those who waited longer get the earlier tokens. */
  async function sell(id: string, all: readonly Asked[]): Promise<(number | undefined)[]> {
    const order = [...all.entries()].sort(([, a], [, b]) => b.waits - a.waits);
    const limitsUs = order.map(([, { waits }]) => aheadUs(waits));
    const { firstUs, sold } = await reserve(id, limitsUs);
    const tokens: (number | undefined)[] = all.map(() => undefined);
    for (const [position, [index]] of order.slice(0, sold).entries())
      tokens[index] = firstUs + position * intervalUs;
    return tokens;
  }

  /** @param limitsUs for each that asks how far ahead its token may be, the most first */
  async function reserve(
    id: string,
    limitsUs: readonly number[],
  ): Promise<{ firstUs: number; sold: number }> {
    let wanted = limitsUs.length;
    for (let round = 1; round <= roundsMax; round++) {
      const nowUs = nowMs() * 1_000;
      const oldestUs = nowUs - burstUs + Math.max(intervalUs, Math.min(Math.floor(burstUs / 2), underwayUs));
      wanted = Math.min(wanted, fitting(limitsUs, oldestUs - nowUs));
      const latestUs = nowUs + impossibleUs;
      const lastUs = nowUs + lastFirstUs(limitsUs.slice(0, wanted));
      const { isDone, foundUs } = await askFor(wanted, id, { nowUs, oldestUs, latestUs, lastUs });
      if (isDone) return { firstUs: foundUs - wanted * intervalUs, sold: wanted };
      const firstUs = foundUs > latestUs ? oldestUs : Math.max(foundUs, oldestUs); // begun anew in the next round
      wanted = fitting(limitsUs, firstUs - nowUs);
      if (wanted === 0) return { firstUs: foundUs, sold: 0 };
    }
    throw new RetryLater("CONTENDED", undefined, { waited: true });
  }

  async function askFor(wanted: number, id: string, { nowUs, oldestUs, latestUs, lastUs }: Bounds) {
    const knownUs = nextUs.get(id) ?? nowUs;
    const isImpossible = knownUs > latestUs;
    const { isDone, item } =
      knownUs < oldestUs || isImpossible
        ? await begin(id, { oldestUs, latestUs, wanted })
        : await append(id, oldestUs, lastUs, wanted);
    const foundUs = numberIn(item, "nextUs");
    if (foundUs === undefined || (isDone && isImpossible))
      await mend(id, foundUs === undefined ? item : undefined);
    remember(id, foundUs ?? 0);
    return { isDone, foundUs: foundUs ?? 0 };
  }

  /** @param item unless the line has begun anew already */
  async function mend(id: string, item?: StoredLimit): Promise<void> {
    const { beginAnew, sayBegunAnew } = await import("./begin-anew.ts");
    const attributes = ["nextUs"];
    if (item) await beginAnew(limit, { id, item, unreadable: attributes, attributes });
    else sayBegunAnew(limit, id, attributes);
  }

  /** Behind the tokens that are sold. */
  function append(id: string, oldestUs: number, lastUs: number, wanted: number) {
    return limit.update(id, {
      set: "nextUs = nextUs + :taken",
      condition: "nextUs BETWEEN :oldest AND :last",
      values: {
        ":taken": number(wanted * intervalUs),
        ":oldest": number(oldestUs),
        ":last": number(lastUs),
      },
    });
  }

  /** Of a line that nobody was in for a while, or that a wrong clock has sold: it has the tokens of the burst. */
  function begin(
    id: string,
    { oldestUs, latestUs, wanted }: { oldestUs: number; latestUs: number; wanted: number },
  ) {
    return limit.update(id, {
      set: "nextUs = :next",
      condition: "attribute_not_exists(nextUs) OR nextUs < :oldest OR nextUs > :latest",
      values: {
        ":next": number(oldestUs + wanted * intervalUs),
        ":oldest": number(oldestUs),
        ":latest": number(latestUs),
      },
    });
  }

  /** The latest first token with which all of them are near enough. */
  function lastFirstUs(limitsUs: readonly number[]): number {
    return Math.min(...limitsUs.map((limitUs, position) => limitUs - position * intervalUs));
  }

  function fitting(limitsUs: readonly number[], firstAheadUs: number): number {
    const beyond = limitsUs.findIndex((limitUs, position) => firstAheadUs + position * intervalUs > limitUs);
    return beyond < 0 ? limitsUs.length : beyond;
  }

  function remember(id: string, us: number): void {
    if (nextUs.size >= knownMax) nextUs.clear();
    nextUs.set(id, us);
  }
}

function aheadUs(waits: number): number {
  return Math.min(aheadSeconds * (1 + waits), aheadMaxSeconds) * 1_000_000;
}
