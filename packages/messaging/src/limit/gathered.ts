// Requests of one moment in one: whoever asks while a request is on its way is in the next one.

/**
 * Collects what is asked for and answers it together.
 * @param answer one answer for each that asked, in their order; a rejection is everybody's
 */
export function gathered<Asked, Answer>(
  answer: (asked: readonly Asked[]) => Promise<readonly Answer[]>,
): (asked: Asked) => Promise<Answer> {
  let waiting: { readonly asked: Asked; readonly told: PromiseWithResolvers<Answer> }[] = [];
  let isBusy = false;

  return function ask(asked) {
    const told = Promise.withResolvers<Answer>();
    waiting.push({ asked, told });
    if (!isBusy) {
      isBusy = true;
      setImmediate(answerAll); // all of this turn of the event loop, so that nobody waits for a timer
    }
    return told.promise;
  };

  async function answerAll(): Promise<void> {
    while (waiting.length > 0) {
      const asked = waiting;
      waiting = [];
      try {
        const answers = await answer(asked.map((one) => one.asked));
        for (const [index, { told }] of asked.entries()) told.resolve(answers[index] as Answer);
      } catch (error) {
        for (const { told } of asked) told.reject(error);
      }
    }
    isBusy = false;
  }
}
