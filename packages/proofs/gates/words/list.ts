// The words that readers stumble over, and the plain ones to write instead; and the terms that the documents may use
// without being anybody else's. A new entry needs a reader who stumbled; `docs/glossary.md` explains the own terms.

export interface Banned {
  /** A space matches any white space. */
  readonly pattern: RegExp;
  /** A breach of this rule and of no other. */
  readonly example: string;
  readonly instead: string;
  /** Only in documents: in code the word may be a name of the file's own. */
  readonly documentsOnly?: true;
  /** Only in files that match. */
  readonly files?: RegExp;
}

/** Each with its heading in docs/glossary.md, and how its first use in README reads. */
export const ownTerms: Readonly<Record<string, RegExp>> = {
  Contract: /\bcontracts?\b/i,
  Envelope: /\benvelopes?\b/i,
  Evidence: /\bevidence\b/i,
  "Unit of work": /\bunits? of work\b/i,
  Outbox: /\boutbox\b/i,
  Publisher: /\bpublishers?\b/i,
  Sweeper: /\bsweepers?\b/i,
  Rows: /`rows(\(\))?`/,
  Inline: /`inline(\(\))?`/,
  Effect: /\beffects?\b/i,
  Lease: /\bleases?\b/i,
  Journal: /\bjournals?\b/i,
  Projection: /\bprojections?\b/i,
  Park: /\bpark(s|ed|ing)?\b/i,
  Redrive: /\bredriv(e|es|en|ing)\b/i,
};

export const banned: readonly Banned[] = [
  // Names of ours for things that AWS or everyday English has a word for.
  {
    pattern: /(?<!dead[- ]|capital |small |case |\d )\bletters?\b(?!,? (and |or )?digits)/i,
    example: "the letter is moved",
    instead: "record, message or dead letter",
  },
  {
    pattern: /\b(story|stories)\b/i,
    example: "one story through the log",
    instead: "flow, or the correlation id",
  },
  { pattern: /(?<!\ba )\blots?\b/i, example: "work comes in lots", instead: "group of records" },
  {
    pattern: /(?<![:/"-])\bclaim(s|ed|ing)?\b(?![- ]checks?|[-/.:]\w| to be)/i,
    example: "the message is claimed first",
    instead: "acquire a lease, take an at-most-once message; claim check is the S3 pattern only",
  },
  {
    pattern: /\bvouch(es|ed|ing)?\b/i,
    example: "an operator to vouch",
    instead: "authentic, verified, or trusted by the operator",
  },
  { pattern: /\b(lane|rig)s?\b/i, example: "a lane of messages", instead: "queue, group or test setup" },
  { pattern: /\bledgers?\b/i, example: "the run ledger", instead: "attempt store", documentsOnly: true },
  {
    pattern: /\b(the|a|its|each|every|this|one|own) stages?\b/i,
    example: "the stage is empty",
    instead: "sandbox: a stage is a deployment (dev, prod)",
    files: /^packages\/(testing\/src|proofs\/(scenarios|strategies|soak|kills))\//,
  },
  // AWS's words.
  {
    pattern: /\b(come|comes|came|coming) again\b/i,
    example: "the message comes again",
    instead: "is redelivered, or arrives again",
  },
  {
    pattern: /\bhid(e|es|den|ing) for\b/i,
    example: "it is hidden for 30 seconds",
    instead: "visibility timeout",
  },
  {
    pattern: /\bwhat (may|might|can|never) (still )?pass(es)?\b/i,
    example: "what may pass",
    instead: "transient error, permanent error",
  },
  {
    pattern: /\bpassing (one|error|fault|failure)s?\b/i,
    example: "treated as a passing error",
    instead: "transient error",
  },
  {
    pattern: /\bask(s|ed|ing)? the evidence\b|\bevidence (is|was) asked\b/i,
    example: "the redrive asks the evidence",
    instead: "check the evidence",
  },
  {
    pattern: /\brings? for\b|\bhears? the alarms?\b/i,
    example: "the alarm rings for the operator",
    instead: "the alarm notifies; is notified",
  },
  {
    pattern: /\bwoken\b|\bwakes? (somebody|someone|a person|people|the operator)\b/i,
    example: "who is woken by it",
    instead: "is notified",
  },
  // Riddles.
  { pattern: /\bby chance\b/i, example: "drawn by chance", instead: "at random" },
  { pattern: /\bgo(es|ing)? round\b/i, example: "it goes round", instead: "loops, exceeds the hop limit" },
  { pattern: /\bfor ever\b/i, example: "it goes on for ever", instead: "forever, or say for how long" },
  { pattern: /\bunder way\b/i, example: "a delivery is under way", instead: "in progress, being processed" },
  { pattern: /\bgood word\b/i, example: "a late good word", instead: "confirmation" },
  {
    pattern: /\btime (is|was) over\b/i,
    example: "until its time is over",
    instead: "the lease ends, the timeout expires",
  },
  {
    pattern: /\b(come|comes|came|coming) to (rest|no end|an end)\b/i,
    example: "the queue comes to rest",
    instead: "ends, becomes idle",
  },
  {
    pattern: /\bstrangers?\b/i,
    example: "a stranger sends it",
    instead: "another team, another application, or an unknown sender",
  },
  {
    pattern: /\b(the|a) net\b(?! (of|cost))/i,
    example: "the queue is the net",
    instead: "the last resort, the fallback",
  },
  {
    pattern: /\bwho knows better\b/i,
    example: "who knows better accepts it",
    instead: "to suppress a finding",
  },
  {
    pattern: /\btak(e|en|es) the tour\b/i,
    example: "it has only taken the tour",
    instead: "say where the message or reader ends",
  },
  {
    pattern: /\bby the dozen\b|\bheard of\b|\bat (a|one) sitting\b/i,
    example: "they come by the dozen",
    instead: "say it with a number or an event",
  },
  {
    pattern: /\bwhat (stands|lies|comes|came|waits|others|nobody|only|never|leaves|remains|passed|hears)\b/i,
    example: "what stands before it",
    instead: "a noun: the waiting messages, the remaining risk, …",
  },
  {
    pattern: /\b(whoever|nobody|everybody|somebody|anybody)('s)?\b/i,
    example: "nobody reads it",
    instead: "name it: the operator, another process, no consumer, anyone with the role …",
    documentsOnly: true,
  },
];

/** A sentence of a document that begins so has a clause where a noun belongs. */
export const clauseFirst = /^(What|Whatever|Whose|Who)\b(?!.*\?$)/s;

export const sentenceWordsMax = 30;
