/** Runs a bundle as Lambda does: one process, one invocation after the other. Told what to do by messages. */
const { handler } = require(process.argv[2]);
const now = Date.now.bind(Date);
let ahead = 0;
Date.now = () => now() + ahead;

const TURN_MS = 10;
let turns = 0;
setInterval(() => {
  turns += 1;
}, TURN_MS).unref();

const PASSING = /^(Immediate|TickObject|FSReq|CloseReq|WriteWrap|ShutdownWrap|FileHandle)/;

async function answer({ invoke, skipMs, state }) {
  if (invoke) {
    const startedAt = turns;
    const result = await handler(invoke);
    const assessments = Array.isArray(result) ? result : null;
    return {
      tookMs: (turns - startedAt) * TURN_MS,
      statuses: assessments?.map(({ verdict }) => verdict.status) ?? null,
      codes: assessments?.flatMap(({ verdict }) => verdict.problems.map(({ code }) => code)) ?? null,
    };
  }
  if (state) {
    globalThis.gc();
    const handles = process.getActiveResourcesInfo().filter((kind) => !PASSING.test(kind)).length;
    return { heapMb: process.memoryUsage().heapUsed / 2 ** 20, handles };
  }
  ahead += skipMs;
  return {};
}

process.on('message', async ({ id, ...what }) => {
  try {
    process.send({ id, value: await answer(what) });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
